// SPDX-License-Identifier: Apache-2.0
#include "cli/records.hpp"

#include "cli/verbs.hpp"

#include "input/measured_reader.hpp"
#include "input/record_reader.hpp"
#include "pipeline/predict.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

namespace tokenyard {

CLI::Option* add_record_options(CLI::App& verb, RecordArguments& arguments) {
    CLI::Option* const record =
        verb.add_option("RECORD", arguments.files,
                        "Records as YAML: files, or names of those that are shipped; .jsonl files that tokenyard-gpu wrote");
    verb.add_option("--cluster", arguments.cluster, "What .jsonl files were measured on: a file or a preset");
    add_set_option(verb, arguments.overrides);
    return record;
}

std::vector<Record> read_records(const RecordArguments& arguments) {
    const bool has_measured = std::ranges::any_of(arguments.files, is_measured_file);
    if (has_measured && arguments.cluster.empty())
        throw CLI::ValidationError("--cluster", "found none; expected what the .jsonl files were measured on");
    if (!has_measured && (!arguments.cluster.empty() || !arguments.overrides.empty()))
        throw CLI::ValidationError("--cluster", "found --cluster or --set without a .jsonl file; expected records to say theirs");
    std::vector<std::string_view> names;
    for (const Algorithm& algorithm : algorithms()) names.push_back(algorithm.name);
    std::vector<Record> records;
    for (const std::string& file : arguments.files)
        if (!is_measured_file(file)) records.push_back(read_record(file, names, fabric_of, arguments.software));
        else
            records.push_back(
                read_measured(file, arguments.cluster, as_overrides(arguments.overrides), fabric_of, arguments.software));
    std::set<std::string> notes;  // a thousand rows say the same
    for (const Record& record : records)
        for (const RecordRow& row : record.rows) notes.insert(row.one.origins.notes.begin(), row.one.origins.notes.end());
    CostOrigins all;
    all.notes.assign(notes.begin(), notes.end());
    say_notes(all);
    return records;
}

}  // namespace tokenyard
