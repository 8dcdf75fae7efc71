// SPDX-License-Identifier: Apache-2.0
// What is said of a verb, an option or a value that does not exist: the one that was probably meant.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace tokenyard {

/// A verb among the arguments that there is not, in words; empty where there is none.
std::string wrong_verb(const CLI::App& program, const std::vector<std::string>& arguments);

/// An option that the verb of the command line has not, in words; empty where there is none. Pre: program has parsed.
std::string wrong_option(const CLI::App& program);

/// Holds for any of the words. Its name is all of them, where they are few enough for help to name them.
CLI::Validator one_of(std::vector<std::string> words);

}  // namespace tokenyard
