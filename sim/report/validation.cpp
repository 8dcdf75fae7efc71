// SPDX-License-Identifier: Apache-2.0
// Errors of predictions, as text and JSON.
#include "report/report.hpp"

#include "report/csv_field.hpp"
#include "report/version.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>

namespace tokenyard {
namespace {

using Json = nlohmann::ordered_json;

const char* name_of_use(RowUse use) { return use == RowUse::fit ? "fit" : use == RowUse::judged ? "judged" : "odd"; }

std::size_t rows_of(const RecordVerdict& verdict, RowUse use) {
    return static_cast<std::size_t>(std::ranges::count(verdict.rows, use, &RowVerdict::use));
}

/// "12   4.1  19.8  -2.0", or dashes for none.
std::string errors_as_text(const ErrorSummary& errors) {
    if (errors.rows == 0) return fmt::format("{:>5} {:>7} {:>7} {:>7}", 0, "-", "-", "-");
    return fmt::format("{:>5} {:>7.1f} {:>7.1f} {:>+7.1f}", errors.rows, errors.median * 100, errors.worst * 100,
                       errors.bias * 100);
}

std::string rows_as_text(const Record& record, const RecordVerdict& verdict) {
    std::string text = fmt::format("#\n# {}: {}\n#   counted: {}\n", record.name, record.description, record.counted);
    for (std::size_t i = 0; i < verdict.rows.size(); ++i) {
        const RowVerdict& row = verdict.rows[i];
        const RecordRow& given = record.rows[i];
        text += fmt::format("{:<34} {:<44} {:<6} ", record.name, given.label, name_of_use(row.use));
        text += row.refusal.empty()
                    ? fmt::format("{:>11.2f} {:>11.2f} {:>+7.1f}  {:<9} {}", in_microseconds(row.measured),
                                  in_microseconds(row.predicted), row.error() * 100,
                                  row.is_bandwidth_bound ? "bandwidth" : "latency", row.bottleneck)
                    : fmt::format("{:>11.2f} {:>11} {:>7}  {}", in_microseconds(row.measured), "-", "-", row.refusal);
        if (!given.why.empty()) text += "  # " + given.why;
        text += '\n';
    }
    return text;
}

Json summary_as_json(const ErrorSummary& errors) {
    if (errors.rows == 0) return {{"rows", 0}};
    return {{"rows", errors.rows}, {"median_error", errors.median}, {"worst_error", errors.worst}, {"bias", errors.bias}};
}

Json row_as_json(const RecordRow& given, const RowVerdict& row) {
    Json json{{"line", given.line},
              {"row", given.label},
              {"use", name_of_use(row.use)},
              {"algorithm", given.algorithm},
              {"measured_us", in_microseconds(row.measured)}};
    if (!given.why.empty()) json["why"] = given.why;
    if (!row.refusal.empty()) {
        json["refusal"] = row.refusal;
        return json;
    }
    json["predicted_us"] = in_microseconds(row.predicted);
    json["error"] = row.error();
    json["link_bound_us"] = in_microseconds(row.link_bound);
    json["bound_by"] = row.is_bandwidth_bound ? "bandwidth" : "latency";
    json["bottleneck"] = row.bottleneck;
    return json;
}

std::string covered(const Coverage::Level& level) {
    if (level.rows == 0) return fmt::format("{:>6} {:>8}", 0, "-");
    return fmt::format("{:>6} {:>8.1f}", level.rows, 100 * static_cast<double>(level.covered) / static_cast<double>(level.rows));
}

/// Rows off by more than 30 % that are foreign or in their interval.
std::string warned(const Coverage& one) {
    const std::size_t all = one.measured.far_off + one.neighbour.far_off + one.foreign.far_off;
    if (all == 0) return "none";
    return fmt::format("{} of {}", one.measured.far_off_covered + one.neighbour.far_off_covered + one.foreign.far_off, all);
}

Coverage::Level sum_of(const Coverage& one) {
    Coverage::Level sum;
    for (const Coverage::Level* level : {&one.measured, &one.neighbour, &one.foreign}) {
        sum.rows += level->rows;
        sum.covered += level->covered;
    }
    return sum;
}

std::string coverage_as_text(const std::vector<Coverage>& coverage) {
    std::string text = fmt::format(
        "#\n# intervals of 90 %: how many of the judged rows were measured in the one that the others give, when all rows of "
        "their record, or of their chip, are left out\n# far off: by more than 30 %, of these, foreign or in their interval\n"
        "# {:<10} {:>15}   {:>15}   {:>15}   {:>15}   {}\n# {:<10} {}   {}   {}   {}\n",
        "left out", "all", "measured", "neighbour", "foreign", "far off", "", "  rows   in (%)", "  rows   in (%)",
        "  rows   in (%)", "  rows   in (%)");
    for (const Coverage& one : coverage)
        text += fmt::format("{:<12} {}   {}   {}   {}   {}\n", one.left_out, covered(sum_of(one)), covered(one.measured),
                            covered(one.neighbour), covered(one.foreign), warned(one));
    return text;
}

Json level_as_json(const Coverage::Level& level) {
    return {
        {"rows", level.rows}, {"covered", level.covered}, {"far_off", level.far_off}, {"far_off_covered", level.far_off_covered}};
}

}  // namespace

std::string as_text(const Validation& validation, bool with_rows) {
    const auto& [records, verdicts, latency, bandwidth, coverage, engine] = validation;
    std::string text = fmt::format(
        "# tokenyard {}  validate  engine {}\n# error: predicted / measured - 1, in %, of judged rows, which no fit has seen; "
        "median and worst "
        "of |error|; bias: the median with its sign\n# bandwidth decides where links alone would need at least half of the "
        "measured "
        "time, else latency\n# {:<34} {:>5} {:>5} {:>5}   {:<29}   {:<29}\n# {:<34} {:>5} {:>5} {:>5}   {:>5} {:>7} {:>7} {:>7}  "
        " {:>5} {:>7} "
        "{:>7} {:>7}\n",
        version, engine, "", "", "", "", "bandwidth decides", "latency decides", "record", "rows", "fit", "odd", "rows", "median",
        "worst", "bias", "rows", "median", "worst", "bias");
    for (std::size_t i = 0; i < records.size(); ++i)
        text += fmt::format("{:<36} {:>5} {:>5} {:>5}   {}   {}\n", records[i].name, verdicts[i].rows.size(),
                            rows_of(verdicts[i], RowUse::fit), rows_of(verdicts[i], RowUse::odd),
                            errors_as_text(verdicts[i].bandwidth), errors_as_text(verdicts[i].latency));
    std::size_t rows = 0, fit = 0, odd = 0;
    for (const RecordVerdict& verdict : verdicts) {
        rows += verdict.rows.size();
        fit += rows_of(verdict, RowUse::fit);
        odd += rows_of(verdict, RowUse::odd);
    }
    text += fmt::format("{:<36} {:>5} {:>5} {:>5}   {}   {}\n", "all", rows, fit, odd, errors_as_text(bandwidth),
                        errors_as_text(latency));
    if (!coverage.empty()) text += coverage_as_text(coverage);
    if (with_rows) {
        text += fmt::format("#\n# {:<32} {:<44} {:<6} {:>11} {:>11} {:>7}  {:<9} {}\n# {:<32} {:<44} {:<6} {:>11} {:>11} {:>7}\n",
                            "record", "row", "use", "measured", "predicted", "error", "decides", "bottleneck", "", "", "", "(us)",
                            "(us)", "(%)");
        for (std::size_t i = 0; i < records.size(); ++i) text += rows_as_text(records[i], verdicts[i]);
    }
    for (std::size_t i = 0; i < records.size(); ++i)
        for (const std::string& broken : verdicts[i].broken_limits)
            text += fmt::format("# LIMIT PASSED by {}: {}\n", records[i].name, broken);
    return text;
}

std::string judged_rows_as_csv(const std::vector<JudgedRow>& rows) {
    std::string csv =
        "record,algorithm,library,calibration,chip,chip_family,nic,reach,condition,phase,regime,ranks,nodes,measured_us,"
        "predicted_us\n";
    for (const JudgedRow& row : rows) {
        const Setting& setting = row.setting;
        for (const std::string& field : {row.record, setting.algorithm, setting.library, setting.calibration, setting.chip,
                                         setting.chip_family, setting.nic, setting.reach, setting.condition})
            csv += as_csv_field(field) + ",";
        fmt::format_to(std::back_inserter(csv), "{},{},{},{},{:.2f},{:.2f}\n", setting.is_combine ? "combine" : "dispatch",
                       setting.is_bandwidth_bound ? "bandwidth" : "latency", setting.ranks, setting.nodes,
                       in_microseconds(row.measured), in_microseconds(row.predicted));
    }
    return csv;
}

std::string as_json(const Validation& validation) {
    Json json{{"schema", "tokenyard.validation/1"},
              {"tool", {{"name", "tokenyard"}, {"version", version}}},
              {"engine", validation.engine},
              {"bandwidth", summary_as_json(validation.bandwidth)},
              {"latency", summary_as_json(validation.latency)},
              {"records", Json::array()}};
    for (const Coverage& one : validation.coverage)
        json["coverage"].push_back({{"left_out", one.left_out},
                                    {"measured", level_as_json(one.measured)},
                                    {"neighbour", level_as_json(one.neighbour)},
                                    {"foreign", level_as_json(one.foreign)}});
    for (std::size_t i = 0; i < validation.records.size(); ++i) {
        const Record& record = validation.records[i];
        const RecordVerdict& verdict = validation.verdicts[i];
        Json one{{"name", record.name},
                 {"file", record.file.name},
                 {"sha256", record.file.sha256},
                 {"sources", record.sources},
                 {"hardware", record.hardware},
                 {"software", record.software},
                 {"counted", record.counted},
                 {"compared", record.compared},
                 {"notes", record.notes},
                 {"fit", summary_as_json(verdict.fit)},
                 {"judged", summary_as_json(verdict.judged)},
                 {"bandwidth", summary_as_json(verdict.bandwidth)},
                 {"latency", summary_as_json(verdict.latency)},
                 {"limits_passed", verdict.broken_limits},
                 {"rows", Json::array()}};
        for (std::size_t row = 0; row < verdict.rows.size(); ++row)
            one["rows"].push_back(row_as_json(record.rows[row], verdict.rows[row]));
        json["records"].push_back(std::move(one));
    }
    return json.dump(2) + "\n";
}

}  // namespace tokenyard
