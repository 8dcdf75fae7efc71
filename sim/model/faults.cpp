// SPDX-License-Identifier: Apache-2.0
#include "model/faults.hpp"

#include <utility>

namespace tokenyard {
namespace {

std::string place(MisfitError::List list, std::size_t index, const std::string& key) {
    std::string place = list == MisfitError::List::faults ? "faults" : "background";
    place.append("[").append(std::to_string(index)).append("].").append(key);
    return place;
}

}  // namespace

MisfitError::MisfitError(List misfit_list, std::size_t misfit_index, std::string misfit_key, std::string expected_instead)
    : std::runtime_error(place(misfit_list, misfit_index, misfit_key).append(": expected ").append(expected_instead)),
      list(misfit_list),
      index(misfit_index),
      key(std::move(misfit_key)),
      expected(std::move(expected_instead)) {}

}  // namespace tokenyard
