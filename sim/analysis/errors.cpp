// SPDX-License-Identifier: Apache-2.0
#include "analysis/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace tokenyard {
namespace {

double median_of(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

void hold(const ErrorSummary& errors, const ErrorLimit& limit, const char* name, std::vector<std::string>& broken) {
    const auto check = [&](const char* what, double found, const std::optional<double>& largest) {
        if (largest && errors.rows > 0 && found > *largest)
            broken.push_back(fmt::format("{}: {} |error| {:.1f} % is above {:.4g} %", name, what, found * 100, *largest * 100));
    };
    check("median", errors.median, limit.median);
    check("worst", errors.worst, limit.worst);
}

}  // namespace

ErrorSummary summarise(std::vector<double> errors) {
    ErrorSummary summary;
    summary.rows = errors.size();
    if (errors.empty()) return summary;
    summary.bias = median_of(errors);
    for (double& error : errors) error = std::abs(error);
    summary.worst = *std::max_element(errors.begin(), errors.end());
    summary.median = median_of(std::move(errors));
    return summary;
}

std::pair<ErrorSummary, ErrorSummary> summarise(const std::vector<RecordVerdict>& verdicts) {
    std::vector<double> latency, bandwidth;
    for (const RecordVerdict& verdict : verdicts)
        for (const RowVerdict& row : verdict.rows)
            if (row.use == RowUse::judged && row.refusal.empty())
                (row.is_bandwidth_bound ? bandwidth : latency).push_back(row.error());
    return {summarise(std::move(latency)), summarise(std::move(bandwidth))};
}

void judge(const Record& record, RecordVerdict& verdict) {
    std::vector<double> fit, judged, latency, bandwidth;
    for (const RowVerdict& row : verdict.rows) {
        if (row.use == RowUse::odd || !row.refusal.empty()) continue;
        (row.use == RowUse::fit ? fit : judged).push_back(row.error());
        if (row.use == RowUse::judged) (row.is_bandwidth_bound ? bandwidth : latency).push_back(row.error());
    }
    verdict.fit = summarise(std::move(fit));
    verdict.judged = summarise(std::move(judged));
    verdict.latency = summarise(std::move(latency));
    verdict.bandwidth = summarise(std::move(bandwidth));
    hold(verdict.latency, record.latency, "latency", verdict.broken_limits);
    hold(verdict.bandwidth, record.bandwidth, "bandwidth", verdict.broken_limits);
}

}  // namespace tokenyard
