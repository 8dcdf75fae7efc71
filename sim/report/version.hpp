// SPDX-License-Identifier: Apache-2.0
// The version that every output names.
#pragma once

#include <string_view>

namespace tokenyard {
inline constexpr std::string_view version = TOKENYARD_VERSION;
}  // namespace tokenyard
