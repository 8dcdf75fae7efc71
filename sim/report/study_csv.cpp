// SPDX-License-Identifier: Apache-2.0
#include "report/csv_field.hpp"
#include "report/study_report.hpp"

#include <fmt/format.h>

namespace tokenyard {
namespace {

std::string cell_as_field(const Cell& cell) {
    if (const auto* count = std::get_if<std::int64_t>(&cell)) return fmt::format("{}", *count);
    if (const auto* number = std::get_if<double>(&cell)) return fmt::format("{}", *number);
    if (const auto* text = std::get_if<std::string>(&cell)) return as_csv_field(*text);
    return "";
}

/// Fields one after another on a line.
class CsvLine {
public:
    void add(const std::string& field) {
        if (!line_.empty()) line_ += ',';
        line_ += field;
    }
    std::string ended() const { return line_ + '\n'; }

private:
    std::string line_;
};

std::string csv_header(const StudyResults& results) {
    CsvLine line;
    for (const char* name : {"case", "cluster", "workload", "calibration", "algorithm", "engine", "accuracy", "overlap", "seed"})
        line.add(name);
    for (const std::string& key : keys_of(results.study)) line.add(as_csv_field(key));
    line.add("status");
    line.add("error");
    for (const OutputColumn& output : results.outputs) line.add(output.name);
    return line.ended();
}

}  // namespace

std::string as_csv(const StudyResults& results) {
    const Study& study = results.study;
    std::string csv = csv_header(results);
    const std::string accuracy = study.accuracy ? fmt::format("{}", *study.accuracy) : "";
    for (const StudyRow& row : results.rows) {
        const StudyCase& one = row.inputs;
        CsvLine line;
        line.add(fmt::format("{}", one.number));
        for (const StudyFile* file : {&one.cluster, &one.workload, &one.calibration}) line.add(as_csv_field(file->name));
        for (const std::string& each : {one.algorithm, study.engine, accuracy, study.overlap}) line.add(each);
        line.add(one.seed ? fmt::format("{}", *one.seed) : "");
        for (const Override& each : one.overrides) line.add(as_csv_field(each.value));
        line.add(std::string(name_of(row.outcome.status)));
        line.add(as_csv_field(row.outcome.error));
        for (std::size_t place = 0; place < results.outputs.size(); ++place)
            line.add(row.outcome.outputs.empty() ? "" : cell_as_field(row.outcome.outputs[place]));
        csv += line.ended();
    }
    return csv;
}

}  // namespace tokenyard
