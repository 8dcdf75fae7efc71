// SPDX-License-Identifier: Apache-2.0
#include "cli/algorithm_list.hpp"

#include "input/error.hpp"
#include "input/nearest.hpp"
#include "pipeline/predict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>

namespace tokenyard {

std::vector<std::string> names_in(const std::string& list) {
    std::vector<std::string> names;
    for (std::size_t begin = 0; begin <= list.size();) {
        const std::size_t end = std::min(list.find(',', begin), list.size());
        names.push_back(list.substr(begin, end - begin));
        begin = end + 1;
    }
    return names;
}

bool are_several(const std::string& algorithms) {
    return algorithms == every_algorithm || algorithms.find(',') != std::string::npos;
}

std::string wrong_algorithms(const std::string& list) {
    std::set<std::string> seen;
    std::string known;
    std::vector<std::string> all{every_algorithm};
    for (const Algorithm& algorithm : algorithms()) all.emplace_back(algorithm.name);
    for (const Algorithm& algorithm : algorithms()) known += std::string(algorithm.name) + ", ";
    for (const std::string& name : list == every_algorithm ? std::vector<std::string>() : names_in(list)) {
        if (!find_algorithm(name))
            return fmt::format("found '{}'; expected one of: {}{}; or several with commas between{}", name, known,
                               every_algorithm, did_you_mean(name, all));
        if (!seen.insert(name).second) return fmt::format("found '{}' again; expected each algorithm once", name);
    }
    return "";
}

AlgorithmChoice algorithm_asked_for(const std::string& name, const Case& one, const Fabric& fabric, const Traffic& traffic) {
    if (!name.empty()) return {find_algorithm(name), ""};
    AlgorithmChoice choice = choose_algorithm(one, fabric, traffic);
    if (choice.algorithm) return choice;
    const NameInFile& word = *one.workload.algorithm;
    throw InputError({std::make_shared<const TextName>(TextName{word.file, "."}), word.line, word.column}, choice.unknown);
}

}  // namespace tokenyard
