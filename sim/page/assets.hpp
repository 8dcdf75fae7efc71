// SPDX-License-Identifier: Apache-2.0
// The files of page/ that the program carries.
#pragma once

#include <string_view>

namespace tokenyard::assets {

std::string_view charts();  // Apache ECharts

/// One kind of page: its places, and the files that it shares with others and its own, one after the other.
struct Page {
    std::string_view html, style, scripts;
};
Page prediction();
Page study();

}  // namespace tokenyard::assets
