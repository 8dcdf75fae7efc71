// SPDX-License-Identifier: Apache-2.0
#include "input/study_values.hpp"

#include "input/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>

namespace tokenyard {
namespace {

/// A number and the unit behind it, if any.
struct RangeNumber {
    double value = 0;
    std::optional<long> whole;  // when it is spelt as one
    std::string unit;
};

RangeNumber range_number(const YamlNode& node) {
    const std::string& text = node.text;
    RangeNumber number;
    const bool is_plain = node.kind == YamlNode::Kind::scalar && !node.is_quoted;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number.value);
    if (!is_plain || error != std::errc{} || !std::isfinite(number.value))
        refuse(node, "a number, with its unit where it has one");
    const auto digits = static_cast<std::size_t>(end - text.data());
    const std::size_t unit = std::min(text.find_first_not_of(' ', digits), text.size());
    number.unit = text.substr(unit);
    long whole = 0;
    const auto [whole_end, whole_error] = std::from_chars(text.data(), text.data() + digits, whole);
    if (whole_error == std::errc{} && whole_end == text.data() + digits) number.whole = whole;
    return number;
}

struct Range {
    RangeNumber from, to, by;
    bool is_factor = false;
};

Range range_from(const YamlPtr& yaml, const std::string& what) {
    const StrictMap map(yaml, what, {"from", "to", "step", "factor"});
    const YamlPtr from = map.required("from"), to = map.required("to"), step = map.optional("step"),
                  factor = map.optional("factor");
    if (factor) map.refuse("step", "there is a factor");
    const YamlNode& by = factor ? *factor : *map.required("step");
    const Range range{range_number(*from), range_number(*to), range_number(by), factor != nullptr};
    if (range.to.unit != range.from.unit) refuse(*to, fmt::format("the unit of from, {}", in_quotes(range.from.unit)));
    if (range.to.value < range.from.value) refuse(*to, fmt::format("at least from, {}", from->text));
    if (!factor && range.by.unit != range.from.unit) refuse(by, fmt::format("the unit of from, {}", in_quotes(range.from.unit)));
    if (!factor && !(range.by.value > 0)) refuse(by, "a step above 0");
    if (factor && (!range.by.unit.empty() || !(range.by.value > 1))) refuse(by, "a factor above 1, without a unit");
    if (factor && !(range.from.value > 0)) refuse(*from, "more than 0, because a factor multiplies it");
    return range;
}

/// The values of a range as texts. Whole numbers stay whole; others are rounded to 12 digits, so that 3 x 0.1 is 0.3.
std::vector<std::string> values_of(const Range& range, const YamlNode& at, std::size_t most) {
    std::vector<std::string> texts;
    const std::string unit = range.from.unit.empty() ? "" : " " + range.from.unit;
    const bool is_whole = range.from.whole && range.by.whole;
    const double last = range.to.value + 1e-9 * std::abs(range.to.value);
    double value = range.from.value;
    for (std::size_t index = 1; value <= last; ++index) {
        if (texts.size() == most)
            throw InputError(at.at, fmt::format("found a range of more than {} values; expected fewer", most));
        texts.push_back((is_whole ? fmt::format("{:.0f}", value) : fmt::format("{:.12g}", value)) + unit);
        const double next =
            range.is_factor ? value * range.by.value : range.from.value + static_cast<double>(index) * range.by.value;
        if (next <= value) refuse(at, "a step that a number of that size can take");
        value = next;
    }
    return texts;
}

bool needs_quotes(const YamlNode& scalar) {
    return scalar.is_quoted || scalar.text.empty() ||
           scalar.text.find_first_of(",[]{}:#&*!|>'\"%@`\n\t\\") != std::string::npos || scalar.text.front() == ' ' ||
           scalar.text.back() == ' ';
}

std::string quoted(const std::string& text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '\n') result += "\\n";
        else if (c == '\t') result += "\\t";
        else if (c == '"' || c == '\\') result += std::string("\\") + c;
        else result += c;
    }
    return result + "\"";
}

}  // namespace

std::string as_flow(const YamlNode& node) {
    std::string text;
    switch (node.kind) {
        case YamlNode::Kind::nothing: return "~";
        case YamlNode::Kind::scalar: return needs_quotes(node) ? quoted(node.text) : node.text;
        case YamlNode::Kind::list:
            for (const YamlPtr& item : node.items) text += (text.empty() ? "" : ", ") + as_flow(*item);
            return "[" + text + "]";
        case YamlNode::Kind::map:
            for (const YamlEntry& entry : node.entries) {
                const YamlNode key{YamlNode::Kind::scalar, entry.at, entry.key, false, {}, {}};
                text += (text.empty() ? "" : ", ") + as_flow(key) + ": " + as_flow(*entry.value);
            }
            return "{" + text + "}";
    }
    return text;
}

LabelledValue labelled_value(const YamlPtr& yaml) {
    if (yaml->kind != YamlNode::Kind::map || !find(*yaml, "label")) return {yaml, ""};
    const StrictMap map(yaml, "the value", {"label", "value"});
    return {map.required("value"), name_value(*map.required("label"), "a label")};
}

std::vector<std::string> axis_labels(const YamlPtr& yaml, std::size_t count) {
    std::vector<std::string> labels;
    if (yaml->kind == YamlNode::Kind::list)
        for (const YamlPtr& item : yaml->items) {
            labels.push_back(labelled_value(item).label);
            if (!labels.back().empty() && std::ranges::count(labels, labels.back()) > 1) refuse(*item, "each label once");
        }
    labels.resize(count);
    return labels;
}

std::vector<std::string> axis_values(const YamlPtr& yaml, const std::string& what, std::size_t most) {
    if (yaml->kind == YamlNode::Kind::map) return values_of(range_from(yaml, what), *yaml, most);
    if (yaml->kind != YamlNode::Kind::list) refuse(*yaml, "a list of values, or a range such as {from: 1, to: 8, step: 1}");
    std::vector<std::string> values;
    std::set<std::string> seen;
    for (const YamlPtr& item : list_value(*yaml, "values")) {
        values.push_back(as_flow(*labelled_value(item).value));
        if (!seen.insert(values.back()).second) refuse(*item, "each value once");
        if (values.size() > most) throw InputError(item->at, fmt::format("found more than {} values; expected fewer", most));
    }
    return values;
}

std::vector<std::uint64_t> seeds_value(const YamlPtr& yaml, std::size_t most) {
    std::vector<std::uint64_t> seeds;
    if (yaml->kind == YamlNode::Kind::scalar) {
        const long count = count_value(*yaml, 1, static_cast<long>(most));
        for (long seed = 1; seed <= count; ++seed) seeds.push_back(static_cast<std::uint64_t>(seed));
        return seeds;
    }
    if (yaml->kind == YamlNode::Kind::map) {
        const StrictMap map(yaml, "seeds", {"from", "to", "step"});
        const std::uint64_t from = seed_value(*map.required("from")), to = seed_value(*map.required("to"));
        const YamlPtr step = map.optional("step");
        const auto by = static_cast<std::uint64_t>(step ? count_value(*step, 1, 1'000'000'000) : 1);
        if (to < from) refuse(*map.required("to"), fmt::format("at least from, {}", from));
        if ((to - from) / by >= most) throw InputError(yaml->at, fmt::format("found more than {} seeds; expected fewer", most));
        for (std::uint64_t index = 0; index <= (to - from) / by; ++index) seeds.push_back(from + index * by);
        return seeds;
    }
    std::set<std::uint64_t> seen;
    for (const YamlPtr& item : list_value(*yaml, "seeds")) {
        seeds.push_back(seed_value(*item));
        if (!seen.insert(seeds.back()).second) refuse(*item, "each seed once");
    }
    return seeds;
}

double accuracy_value(const YamlNode& node) {
    constexpr double least = 1e-6, most = 10;  // per cent: rounding; more than a rough idea
    if (node.kind == YamlNode::Kind::scalar && node.text == "exact") return 0;
    double percent = 0;
    const std::string& text = node.text;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), percent);
    const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
    if (node.kind != YamlNode::Kind::scalar || error != std::errc{} || (rest != "%" && rest != " %") ||
        !(percent >= least && percent <= most))
        refuse(node, "exact, or from 0.000001% to 10%");
    return percent / 100;
}

}  // namespace tokenyard
