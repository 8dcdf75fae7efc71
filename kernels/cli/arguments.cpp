// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"

#include "cli/run.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>

namespace tokenyard::gpu {
namespace {

template <class Number>
Number number_from(const std::string& name, const std::string& text, Number low, Number high) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size() || value < low || value > high)
        throw UsageError(name + ": found '" + text + "'; expected a whole number from " + std::to_string(low) + " to " +
                         std::to_string(high));
    return value;
}

std::size_t bytes_from(const std::string& name, const std::string& text) {
    constexpr std::size_t most = std::size_t{1} << 40;
    std::string digits = text;
    int shift = 0;
    if (!digits.empty() && std::string("KMG").find(digits.back()) != std::string::npos) {
        shift = digits.back() == 'K' ? 10 : digits.back() == 'M' ? 20 : 30;
        digits.pop_back();
    }
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size() || value > most >> shift)
        throw UsageError(name + ": found '" + text + "'; expected bytes up to 2^40, such as 512, 64K or 16M");
    return value << shift;
}

double positive_from(const std::string& name, const std::string& text, double most) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size() || !(value > 0) || value > most)
        throw UsageError(name + ": found '" + text + "'; expected a number above 0 and at most " +
                         std::to_string(static_cast<int>(most)));
    return value;
}

/// Calls `take` for each part between commas.
template <class Take>
void split(const std::string& text, const Take& take) {
    for (std::size_t start = 0; start <= text.size();) {
        const std::size_t end = std::min(text.find(',', start), text.size());
        take(text.substr(start, end - start));
        start = end + 1;
    }
}

}  // namespace

Option flag(const std::string& name, const std::string& help, bool& is_given) {
    return {name, "", help, [&is_given](const std::string&) { is_given = true; }};
}

Option text(const std::string& name, const std::string& value, const std::string& help, std::string& into) {
    return {name, value, help, [name, &into](const std::string& text) {
                if (text.empty() || (text.size() > 1 && text[0] == '-'))  // a file of that name can be given as ./-name
                    throw UsageError(name + ": found '" + text + "'; expected a name, or - for standard output");
                into = text;
            }};
}

Option whole_number(const std::string& name, const std::string& help, int low, int high, int& into) {
    return {name, "N", help, [=, &into](const std::string& text) { into = number_from(name, text, low, high); }};
}

Option whole_numbers(const std::string& name, const std::string& help, int low, int high, std::vector<int>& into) {
    return {name, "LIST", help, [=, &into](const std::string& text) {
                into.clear();
                split(text, [&](const std::string& part) { into.push_back(number_from(name, part, low, high)); });
            }};
}

Option byte_sizes(const std::string& name, const std::string& help, std::vector<std::size_t>& into) {
    return {name, "LIST", help, [=, &into](const std::string& text) {
                into.clear();
                split(text, [&](const std::string& part) { into.push_back(bytes_from(name, part)); });
            }};
}

Option percent(const std::string& name, const std::string& help, double& into) {
    return {name, "PERCENT", help, [name, &into](const std::string& text) { into = positive_from(name, text, 100) / 100; }};
}

Option seconds(const std::string& name, const std::string& help, double& into) {
    return {name, "S", help, [name, &into](const std::string& text) { into = positive_from(name, text, 86400); }};
}

Option byte_size(const std::string& name, const std::string& help, std::size_t& into) {
    return {name, "BYTES", help, [name, &into](const std::string& text) {
                into = bytes_from(name, text);
                if (into == 0) throw UsageError(name + ": found 0; expected at least 1 byte");
            }};
}

Option seed(const std::string& help, std::uint64_t& into) {
    return {"--seed", "N", help, [&into](const std::string& text) {
                into = number_from<std::uint64_t>("--seed", text, 0, std::numeric_limits<std::uint64_t>::max());
            }};
}

void set_options(const Verb& verb, const std::vector<std::string>& arguments) {
    std::set<std::string> given;
    for (std::size_t at = 0; at < arguments.size(); ++at) {
        const std::size_t equals = arguments[at].find('=');
        const std::string name = arguments[at].substr(0, equals);
        const auto option =
            std::find_if(verb.options.begin(), verb.options.end(), [&](const Option& one) { return one.name == name; });
        if (option == verb.options.end()) throw UsageError("The following argument was not expected: " + arguments[at]);
        if (!given.insert(name).second) throw UsageError(name + ": found twice; expected once");
        const bool is_flag = option->value.empty(), has_value = equals != std::string::npos;
        if (is_flag && has_value) throw UsageError(name + ": found a value; expected none");
        if (!is_flag && !has_value && at + 1 == arguments.size())
            throw UsageError(name + ": 1 required " + option->value + " missing");
        option->set(is_flag ? "" : has_value ? arguments[at].substr(equals + 1) : arguments[++at]);
    }
}

std::string help_for(const Verb& verb) {
    std::string help = "tokenyard-gpu " + verb.name + ": " + verb.summary + "\n\n";
    for (const Option& option : verb.options) {
        std::string left = "  " + option.name + (option.value.empty() ? "" : " " + option.value);
        left.resize(std::max<std::size_t>(left.size() + 1, 26), ' ');
        help += left + option.help + "\n";
    }
    return help;
}

}  // namespace tokenyard::gpu
