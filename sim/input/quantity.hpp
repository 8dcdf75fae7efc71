// SPDX-License-Identifier: Apache-2.0
// Numbers out of texts, which values with and without a unit share.
#pragma once

#include <optional>
#include <string_view>

namespace tokenyard {

/// The whole of `text` as a finite number in plain decimal notation.
std::optional<double> as_number(std::string_view text);

}  // namespace tokenyard
