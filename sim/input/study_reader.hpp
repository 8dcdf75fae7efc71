// SPDX-License-Identifier: Apache-2.0
// Studies: what a file asks to be computed.
#pragma once

#include "model/study.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace tokenyard {

/// What is wrong with a study's goal, and with its limits, as "found X; expected Y"; empty when nothing is.
struct StudyChecks {
    std::function<std::string(const Study&)> goal, limits;
};

/// The study in a file, on standard input (`-`), or the preset of that name. `algorithms` are the names that it may use; `all`
/// stands for all of them. Files that it names are looked for beside it, then among the presets. Throws InputError for whatever
/// is wrong in it; that its cases are, is found when they are computed.
Study read_study(const std::string& file, std::span<const std::string> algorithms, const StudyChecks& checks = {});

}  // namespace tokenyard
