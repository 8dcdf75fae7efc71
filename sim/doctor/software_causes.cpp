// SPDX-License-Identifier: Apache-2.0
#include "doctor/causes.hpp"
#include "doctor/changes.hpp"

#include <algorithm>
#include <array>

namespace tokenyard {
namespace {

std::string refusal_without_nccl(const Situation& situation) {
    return situation.costs == "nccl" ? "" : "found another algorithm; expected nccl";
}

std::string refusal_of_pxn(const Situation& situation) {
    if (const std::string refusal = refusal_without_nccl(situation); !refusal.empty()) return refusal;
    if (const std::string refusal = refusal_without_network(situation); !refusal.empty()) return refusal;
    return situation.one->costs.nccl.pxn == 0 ? "found nccl.pxn: no, so it is described; expected yes" : "";
}

std::optional<SuspectedChange> without_pxn(const Situation&, const Case&, const Choice&, const Choice&) {
    return change_of("nccl.pxn", "no");
}

/// Fewer than the search of NCCL finds on one node, which is more than on several.
std::vector<Choice> few_channels(const Situation& situation) {
    constexpr int most_found = 24;
    const int given = situation.one->costs.nccl.search_channels, now = given > 0 ? given : most_found;
    std::vector<Choice> degrees;
    for (int channels = 1; channels < now; channels *= 2)
        degrees.push_back({fmt::format("{} channel{}", channels, channels == 1 ? "" : "s"), 0, 0, static_cast<double>(channels)});
    return degrees;
}

std::optional<SuspectedChange> with_channels(const Situation&, const Case&, const Choice&, const Choice& channels) {
    return change_of("nccl.search_channels", fmt::format("{:g}", channels.value));
}

/// Versions of one library that are shipped as parts of their own.
struct Versions {
    std::string_view costs;
    std::array<std::string_view, 4> names;  // the last may be empty
};
constexpr std::array families{Versions{"nccl", {"nccl_2_27", "nccl_2_28", "nccl_2_29", "nccl_2_30"}},
                              Versions{"two_level", {"deepep_v1", "deepep_v1_2025_02"}},
                              Versions{"mpi", {"open_mpi", "open_mpi_cxi_gpu"}}};

std::vector<Choice> other_versions(const Situation& situation) {
    std::vector<Choice> degrees;
    for (const Versions& family : families)
        for (const std::string_view name : family.names)
            if (family.costs == situation.costs && std::ranges::count(situation.libraries, name) > 0 &&
                std::ranges::count(situation.one->origins.libraries, name) == 0)
                degrees.push_back({std::string(name), 0, 0, 0, std::string(name)});
    return degrees;
}

std::string refusal_of_versions(const Situation& situation) {
    return other_versions(situation).empty() ? "found no other version of the library among the parts; expected one" : "";
}

std::optional<SuspectedChange> another_version(const Situation&, const Case&, const Choice&, const Choice& version) {
    SuspectedChange change;
    change.of_case.libraries.push_back(version.word);
    return change;
}

constexpr std::array mpi_algorithms{"mpi-linear", "mpi-pairwise", "mpi-bruck"};

std::string refusal_without_mpi(const Situation& situation) {
    return situation.costs == "mpi" ? "" : "found another algorithm; expected one of MPI";
}

std::vector<Choice> other_mpi_algorithms(const Situation& situation) {
    std::vector<Choice> degrees;
    for (const char* name : mpi_algorithms)
        if (name != situation.algorithm) degrees.push_back({name, 0, 0, 0, name});
    return degrees;
}

std::optional<SuspectedChange> another_algorithm(const Situation&, const Case&, const Choice&, const Choice& algorithm) {
    SuspectedChange change;
    change.algorithm = algorithm.word;
    return change;
}

/// The delays in front of an exchange, of the algorithm's group.
constexpr std::array launch_keys{".launch", ".combine_launch", ".overhead"};

std::string refusal_of_launches(const Situation& situation) {
    for (const char* key : launch_keys)
        if (const CostKey* cost = find_cost(situation.costs + key); cost && in_effect(situation.one->costs, *cost) > 0) return {};
    return "found an algorithm without launches; expected one that has them";
}

std::vector<Choice> times_later(const Situation&) {
    return {{"twice as long", 0, 0, 2}, {"four times as long", 0, 0, 4}, {"ten times as long", 0, 0, 10}};
}

std::optional<SuspectedChange> slower_launches(const Situation& situation, const Case& one, const Choice&, const Choice& times) {
    SuspectedChange change;
    for (const char* key : launch_keys)
        if (const CostKey* cost = find_cost(situation.costs + key))
            change.of_case.overrides.push_back(
                {std::string(cost->name), time_text(Seconds{in_effect(one.costs, *cost)} * times.value)});
    return change;
}

const CostKey* sms_key(const Situation& situation) { return find_cost(situation.costs + ".sms"); }

std::string refusal_of_sms(const Situation& situation) {
    const CostKey* key = sms_key(situation);
    if (!key) return "found an algorithm without a number of SMs; expected one that has it";
    constexpr double least = 8;
    return in_effect(situation.one->costs, *key) < least ? "found too few SMs to take some away; expected 8 or more" : "";
}

std::vector<Choice> parts_of_sms(const Situation&) { return {{"half of them", 0, 0, 2}, {"a quarter of them", 0, 0, 4}}; }

std::optional<SuspectedChange> fewer_sms(const Situation& situation, const Case& one, const Choice&, const Choice& of) {
    const CostKey& key = *sms_key(situation);
    const int pairs = static_cast<int>(in_effect(one.costs, key) / of.value) / 2;
    return change_of(std::string(key.name), fmt::format("{}", 2 * std::max(pairs, 1)));
}

std::vector<Choice> delays(const Situation&) {
    std::vector<Choice> degrees;
    for (const double us : std::array{10., 20., 50., 100., 200., 500., 1000., 2000.})
        degrees.push_back({fmt::format("by {:g} us", us), 0, 0, us});
    return degrees;
}

std::optional<SuspectedChange> late_rank(const Situation&, const Case& one, const Choice& place, const Choice& delay) {
    int rank = place.index;
    for (int node = 0; node < place.node; ++node) {
        const Node* of = node_at(one.cluster, node);
        if (!of) return {};
        rank += of->gpus;
    }
    if (rank >= gpu_count(one.cluster)) return {};
    return fault(one, fmt::format("{{kind: late-rank, rank: {}, delay: {:g} us}}", rank, delay.value));
}

std::string always(const Situation&) { return {}; }

constexpr std::array software_rows{
    Hypothesis{"pxn-off",
               "messages leave by the sender's own NIC, not by that of the GPU with the destination's index (PXN is off)",
               "look for NCCL_PXN_DISABLE=1 in the environment; NCCL_DEBUG=INFO: `via NET/IB/3(5)` has a rank in brackets where "
               "PXN is used",
               refusal_of_pxn, nowhere, no_degrees, without_pxn},
    Hypothesis{
        "few-channels", "NCCL uses fewer channels than it would find",
        "NCCL_DEBUG=INFO: `coll channels` and `p2p channels`; look for NCCL_MAX_NCHANNELS and NCCL_MAX_CTAS in the environment",
        refusal_without_nccl, nowhere, few_channels, with_channels},
    Hypothesis{"other-version", "another version of the library ran",
               "NCCL_DEBUG=VERSION, `python -c 'import torch; print(torch.cuda.nccl.version())'`, or the commit of the library",
               refusal_of_versions, nowhere, other_versions, another_version},
    Hypothesis{
        "other-algorithm", "MPI chose another algorithm",
        "Open MPI: --mca coll_tuned_use_dynamic_rules 1 --mca coll_tuned_alltoall_algorithm 1 (linear), 2 (pairwise), 3 (Bruck)",
        refusal_without_mpi, nowhere, other_mpi_algorithms, another_algorithm},
    Hypothesis{"few-sms", "the library has fewer SMs than described",
               "the number that the library is given, such as Buffer.set_num_sms of DeepEP", refusal_of_sms, nowhere,
               parts_of_sms, fewer_sms},
    Hypothesis{"slow-launches", "kernels start later than described",
               "`nsys profile`: from the call to the kernel's start; `cpupower frequency-info`; CUDA graphs take the host away",
               refusal_of_launches, nowhere, times_later, slower_launches},
    Hypothesis{"late-rank", "one rank comes later than the others, which wait for it",
               "`nsys profile` of several ranks, or per-rank times: the late one has the shortest time in the kernel", always,
               gpus_of, delays, late_rank},
};

}  // namespace

std::span<const Hypothesis> software_causes() { return software_rows; }

}  // namespace tokenyard
