// The files of page/ that the program carries.
#pragma once

#include <string_view>

namespace tokenyard::assets {

std::string_view html();
std::string_view css();
std::string_view charts();  // Apache ECharts
std::string_view js();      // the files of page/js, one after the other

}  // namespace tokenyard::assets
