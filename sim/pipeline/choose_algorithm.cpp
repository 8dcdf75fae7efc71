// SPDX-License-Identifier: Apache-2.0
#include "pipeline/choose_algorithm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

namespace tokenyard {
namespace {

constexpr const char* usual = "nccl";

class Chooser {
public:
    Chooser(const Case& one, const Fabric& fabric, const Traffic& traffic) : one_(one), fabric_(fabric), traffic_(traffic) {
        if (one.workload.algorithm) own_ = find_algorithm(one.workload.algorithm->name);
    }

    AlgorithmChoice choose() const {
        if (one_.workload.algorithm && !own_) return {nullptr, "", unknown()};
        for (const std::string& library : std::views::reverse(one_.inputs.libraries))
            if (const Algorithm* found = algorithm_of(library)) return {found, "of library " + library};
        if (own_ && carries_out(*own_) && cluster_has(*own_)) return {own_, "as the workload says"};
        for (const FileMention& library : std::views::reverse(one_.workload.libraries))
            if (const Algorithm* found = algorithm_of(library.name)) return {found, "of library " + library.name};
        if (own_)
            for (const FileMention& library : std::views::reverse(one_.cluster.libraries))
                if (const Algorithm* found = algorithm_of(library.name))
                    return {found, fmt::format("of library {}, as the cluster's libraries have no {}", library.name, own_->name)};
        return {find_algorithm(usual), "as neither a library nor an algorithm is named"};
    }

private:
    bool carries_out(const Algorithm& algorithm) const { return refusal(algorithm, traffic_, fabric_, one_.costs).empty(); }

    /// The library's name, of the group of costs that an algorithm has.
    std::string library_of(const Algorithm& algorithm) const {
        const auto group = std::ranges::find(cost_groups(), algorithm.costs, &CostGroup::name) - cost_groups().begin();
        return static_cast<std::size_t>(group) < one_.origins.of_groups.size()
                   ? one_.origins.of_groups[static_cast<std::size_t>(group)]
                   : "";
    }

    /// Whether a cluster that names libraries has the algorithm from one of them, or from one that the workload brings.
    bool cluster_has(const Algorithm& algorithm) const {
        if (one_.cluster.libraries.empty() || algorithm.costs.empty()) return true;
        const std::string library = library_of(algorithm);
        const auto names_it = [&](const FileMention& mention) { return name_of_file(mention.file) == library; };
        return std::ranges::any_of(one_.cluster.libraries, names_it) || std::ranges::any_of(one_.workload.libraries, names_it);
    }

    /// The first that has its costs from the library; the workload's own before others.
    const Algorithm* algorithm_of(const std::string& library) const {
        const auto is_its = [&](const Algorithm& algorithm) {
            return !algorithm.costs.empty() && library_of(algorithm) == name_of_file(library) && carries_out(algorithm);
        };
        if (own_ && is_its(*own_)) return own_;
        const auto found = std::ranges::find_if(algorithms(), is_its);
        return found == algorithms().end() ? nullptr : &*found;
    }

    /// A part's name: a path's stem.
    static std::string name_of_file(std::string_view file) {
        file = file.substr(file.find_last_of('/') + 1);
        return std::string(file.ends_with(".yaml") ? file.substr(0, file.size() - 5) : file);
    }

    std::string unknown() const {
        std::string names;
        for (const Algorithm& algorithm : algorithms()) names += fmt::format("{}{}", names.empty() ? "" : ", ", algorithm.name);
        return fmt::format("found '{}'; expected one of: {}", one_.workload.algorithm->name, names);
    }

    const Case& one_;
    const Fabric& fabric_;
    const Traffic& traffic_;
    const Algorithm* own_ = nullptr;
};

}  // namespace

AlgorithmChoice choose_algorithm(const Case& one, const Fabric& fabric, const Traffic& traffic) {
    return Chooser(one, fabric, traffic).choose();
}

}  // namespace tokenyard
