// SPDX-License-Identifier: Apache-2.0
#include "import/draft.hpp"

#include "input/source.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

namespace tokenyard {
namespace {

constexpr std::size_t widest = 118;  // of a line with its comment behind it

bool is_below(std::string_view path, std::string_view above) {
    return path.size() > above.size() && path.starts_with(above) && path[above.size()] == '.';
}

std::vector<std::string> steps_of(const std::string& path) {
    std::vector<std::string> steps;
    std::istringstream stream(path);
    for (std::string step; std::getline(stream, step, '.');) steps.push_back(step);
    return steps;
}

}  // namespace

std::string yaml_quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (static_cast<unsigned char>(c) >= 0x20) out += c;
    }
    return out + "\"";
}

Draft::Draft(const std::vector<Override>& given) {
    for (Override one : given) {
        for (const std::string_view of_file : {"cluster.", "workload."})
            if (one.path.starts_with(of_file)) one.path.erase(0, of_file.size());
        const Position at = source_of("--set " + one.path, {}).start;
        const std::vector<std::string> steps = steps_of(one.path);
        if (one.path.ends_with('.') || std::ranges::find(steps, "") != steps.end() ||
            one.path.find_first_of("\n:{}[],#\"' ") != std::string::npos)
            throw InputError(
                at, fmt::format("found {}; expected keys joined by dots, such as node.nics.bandwidth", in_quotes(one.path)));
        if (steps[0] == "base")
            throw InputError(at, "found base; expected other keys, because the file that is written stands alone");
        if (one.value.empty() || one.value.find('\n') != std::string::npos)
            throw InputError(at, fmt::format("found {}; expected a value on one line", in_quotes(one.value)));
        for (const Override& known : given_)
            if (known.path == one.path || is_below(known.path, one.path) || is_below(one.path, known.path))
                throw InputError(at, fmt::format("found {} beside {}; expected each key once", one.path, known.path));
        given_.push_back(one);
    }
}

std::optional<std::string> Draft::given(const std::string& path) const {
    const auto found = std::ranges::find(given_, path, &Override::path);
    return found == given_.end() ? std::nullopt : std::optional(found->value);
}

bool Draft::is_settled(const std::string& path) const {
    return std::ranges::any_of(
        given_, [&](const Override& one) { return one.path == path || is_below(path, one.path) || is_below(one.path, path); });
}

void Draft::say(const std::string& path, const std::string& value, const std::string& comment) {
    if (const std::optional<std::string> instead = given(path))
        leaves_.push_back({steps_of(path), *instead, "given by --set", true});
    else if (!is_settled(path)) leaves_.push_back({steps_of(path), value, comment});
}

bool Draft::has(const std::string& path) const {
    return std::ranges::find(leaves_, steps_of(path), &Leaf::steps) != leaves_.end();
}

void Draft::ask(const std::string& path, const std::string& what, const std::string& example) {
    if (!is_settled(path)) missing_.push_back(fmt::format("{}: --set {}={}", what, path, example));
}

std::string Draft::yaml(const Position& file) {
    if (!missing_.empty())
        throw InputError(file, fmt::format("found no {}; expected what the file does not tell as options{}{}",
                                           fmt::join(missing_, ", no "), other_.empty() ? "" : ", or ", other_));
    for (const Override& one : given_) {
        const std::vector<std::string> steps = steps_of(one.path);
        if (std::ranges::find(leaves_, steps, &Leaf::steps) == leaves_.end())
            leaves_.push_back({steps, one.value, "given by --set", true});
    }
    // Keys of a map stand together, in the order in which the first of them came.
    std::vector<std::pair<std::vector<std::size_t>, const Leaf*>> ordered;
    for (const Leaf& leaf : leaves_) {
        std::vector<std::size_t> order;
        for (std::size_t depth = 0; depth < leaf.steps.size(); ++depth)
            order.push_back(static_cast<std::size_t>(
                std::ranges::find_if(leaves_,
                                     [&](const Leaf& other) {
                                         return other.steps.size() > depth &&
                                                std::equal(leaf.steps.begin(), leaf.steps.begin() + static_cast<long>(depth) + 1,
                                                           other.steps.begin());
                                     }) -
                leaves_.begin()));
        ordered.emplace_back(std::move(order), &leaf);
    }
    std::ranges::sort(ordered, {}, [](const auto& one) { return one.first; });
    std::string out;
    for (const std::string& line : remarks_) out += fmt::format("# {}\n", line);
    std::vector<std::string> open;
    for (const auto& [order, leaf] : ordered) {
        std::size_t shared = 0;
        while (shared + 1 < leaf->steps.size() && shared < open.size() && open[shared] == leaf->steps[shared]) ++shared;
        for (; shared + 1 < leaf->steps.size(); ++shared) out += fmt::format("{:{}}{}:\n", "", 2 * shared, leaf->steps[shared]);
        open.assign(leaf->steps.begin(), leaf->steps.end() - 1);
        const std::string indent(2 * open.size(), ' ');
        const std::string line =
            fmt::format("{}{}:{}{}", indent, leaf->steps.back(), leaf->value.starts_with('\n') ? "" : " ", leaf->value);
        if (leaf->comment.empty()) out += line + "\n";
        else if (line.size() + leaf->comment.size() + 4 <= widest && line.find('\n') == std::string::npos)
            out += fmt::format("{}  # {}\n", line, leaf->comment);
        else out += fmt::format("{}# {}: {}\n{}\n", indent, leaf->steps.back(), leaf->comment, line);
    }
    return out;
}

}  // namespace tokenyard
