// SPDX-License-Identifier: Apache-2.0
// One function a verb: it adds its options to the program.
#pragma once

#include "model/case.hpp"

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace tokenyard {

void add_predict(CLI::App& program);
void add_place(CLI::App& program);
void add_check(CLI::App& program);
void add_compare(CLI::App& program);
void add_doctor(CLI::App& program);
void add_export(CLI::App& program);
void add_import(CLI::App& program);
void add_show(CLI::App& program);
void add_fit(CLI::App& program);
void add_validate(CLI::App& program);
void add_list(CLI::App& program);
void add_sweep(CLI::App& program);
void add_completion(CLI::App& program);

/// Adds `--set KEY=VALUE`, which may be given again, filling `overrides`.
void add_set_option(CLI::App& verb, std::vector<std::string>& overrides);

/// Adds an option whose value is a list with commas between, each of which `of_item` holds for, filling `items`.
CLI::Option* add_list_option(CLI::App& verb, const std::string& name, std::vector<std::string>& items, const std::string& help,
                             const CLI::Validator& of_item = {});

/// Adds `--library` and `--calibration`, filling `software`.
void add_software_options(CLI::App& verb, SoftwareChoice& software);

/// Says on stderr what the user should know of a case's costs.
void say_notes(const CostOrigins& origins);

/// Splits "key=value". Pre: checked by the option.
std::vector<Override> as_overrides(const std::vector<std::string>& overrides);

}  // namespace tokenyard
