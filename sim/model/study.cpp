// SPDX-License-Identifier: Apache-2.0
#include "model/study.hpp"

#include <algorithm>

namespace tokenyard {
namespace {

constexpr std::array<std::string_view, 3> prefixes{"cluster.", "workload.", "calibration."};
constexpr std::array<std::string_view, 3> shared_keys{"name", "description", "sources"};  // that every kind of file has

}  // namespace

std::string_view name_of(CaseStatus status) {
    switch (status) {
        case CaseStatus::done: return "done";
        case CaseStatus::refused: return "refused";
        case CaseStatus::failed: return "failed";
    }
    return "";
}

std::vector<std::string> keys_of(const Study& study) {
    std::vector<std::string> keys;
    for (const Override& each : study.fixed) keys.push_back(each.path);
    for (const StudyAxis& axis : study.axes) keys.insert(keys.end(), axis.keys.begin(), axis.keys.end());
    return keys;
}

bool has_samples(const Study& study) {
    return study.seeds.size() > 1 ||
           std::ranges::any_of(study.axes, [](const StudyAxis& axis) { return axis.is_sample && axis.rows.size() > 1; });
}

std::string short_key(const std::string& key) {
    for (const std::string_view prefix : prefixes) {
        if (!key.starts_with(prefix)) continue;
        const std::string rest = key.substr(prefix.size()), first = rest.substr(0, rest.find('.'));
        for (const std::string_view shared : shared_keys)
            if (first == shared) return key;
        return rest;
    }
    return key;
}

}  // namespace tokenyard
