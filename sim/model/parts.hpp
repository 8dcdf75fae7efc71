// SPDX-License-Identifier: Apache-2.0
// Where costs come from: parts for what a GPU, a NIC, a host and a library do, and which of them a case names.
#pragma once

#include "model/costs.hpp"

#include <string>
#include <utility>
#include <vector>

namespace tokenyard {

/// A file as something names it, and what to read: a path, or the name of a preset.
struct FileMention {
    std::string name, file;
};

/// What the command line or a record asks for beside a cluster and a workload: a file of costs that go before those of any part,
/// and libraries that take the place of those that cluster and workload name. Empty: none.
struct SoftwareChoice {
    SoftwareChoice() = default;
    SoftwareChoice(std::string file, std::vector<std::string> names = {})
        : calibration(std::move(file)), libraries(std::move(names)) {}
    SoftwareChoice(const char* file) : calibration(file) {}

    std::string calibration;
    std::vector<std::string> libraries;
};

/// The parts that a case's costs were composed of, and which of them each cost is from.
struct CostOrigins {
    std::string chip, nic, host;         // empty: a calibration or --set stands alone
    std::string chip_family;             // what the chip is based on in the end; its own name where it is based on nothing
    std::vector<std::string> libraries;  // those that give some group of costs, in the order of the groups
    std::vector<std::string> of_groups;  // by group of costs, the library that gives it; empty: a calibration or --set alone
    std::string calibration;             // empty: none
    std::vector<std::string> of_costs;   // by row of the table: "library nccl_2_29", "--set nccl.launch"; empty: nobody gives it
    std::vector<std::string> notes;      // what the user should know of them, a sentence each
};

/// What one file of costs gives, without any part below it.
struct GivenCosts {
    Costs costs;
    std::vector<std::string> given_by;  // by row of the table: the file; empty where it is not given, or empty for none at all
    std::string parts;                  // what it says of parts, as YAML; empty: nothing
};

/// "chip h100_sxm, nic cx7, host intel; libraries nccl_2_29, open_mpi, deepep_v1; calibration mine".
std::string in_words(const CostOrigins& origins);

}  // namespace tokenyard
