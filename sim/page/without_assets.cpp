// SPDX-License-Identifier: Apache-2.0
// What is built in place of page.cpp and assets.cpp where npm has not brought the chart library.
#include "page/page.hpp"

#include <cassert>
#include <string>

namespace tokenyard {

std::string refusal_of_page() { return "found a program that was built without npm; expected one that was built where npm is"; }

std::string as_prediction_page(std::string_view) {
    assert(false && "there is a refusal");
    return {};
}

std::string as_study_page(std::string_view) {
    assert(false && "there is a refusal");
    return {};
}

}  // namespace tokenyard
