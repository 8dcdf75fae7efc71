// SPDX-License-Identifier: Apache-2.0
// Options of a verb: strict, and the source of its help.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tokenyard::gpu {

struct Option {
    std::string name;   // --seed
    std::string value;  // what --help calls its value; empty for a flag
    std::string help;
    std::function<void(const std::string& text)> set;  // throws UsageError
};

struct Verb {
    std::string name, summary;
    std::vector<Option> options;
    std::function<int()> run;  // after the options are set; gives the exit code
};

Option flag(const std::string& name, const std::string& help, bool& is_given);
Option text(const std::string& name, const std::string& value, const std::string& help, std::string& into);
Option whole_number(const std::string& name, const std::string& help, int low, int high, int& into);
Option whole_numbers(const std::string& name, const std::string& help, int low, int high, std::vector<int>& into);
/// Bytes, separated by commas: whole numbers with K, M or G behind them for 2^10, 2^20 and 2^30, as nccl-tests takes them.
Option byte_sizes(const std::string& name, const std::string& help, std::vector<std::size_t>& into);
/// A number above 0 and at most 100; `into` is a hundredth of it.
Option percent(const std::string& name, const std::string& help, double& into);
/// A number above 0 and at most a day.
Option seconds(const std::string& name, const std::string& help, double& into);
/// One of those bytes, at least 1.
Option byte_size(const std::string& name, const std::string& help, std::size_t& into);
Option seed(const std::string& help, std::uint64_t& into);

/// Sets the options from "--name value", "--name=value" and "--flag". Throws UsageError for unknown, repeated and incomplete
/// ones.
void set_options(const Verb& verb, const std::vector<std::string>& arguments);

std::string help_for(const Verb& verb);

}  // namespace tokenyard::gpu
