// SPDX-License-Identifier: Apache-2.0
#include "exchange/session.hpp"

#include "record/json.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <map>
#include <set>

namespace tokenyard::gpu {
namespace {

/// As NCCL tells hosts apart: NCCL_HOSTID makes a host of its own of a rank.
std::string own_host() {
    if (const char* given = std::getenv("NCCL_HOSTID")) return given;
    char name[256] = {};
    gethostname(name, sizeof name - 1);
    return name;
}

std::string own_bus(int device) {
    char text[64] = {};
    TOKENYARD_CUDA(cudaDeviceGetPCIBusId(text, sizeof text, device));
    return text;
}

std::vector<RankPlace> places_of(Group& group, int device, const std::string& gpu) {
    std::vector<RankPlace> places(static_cast<std::size_t>(group.ranks()));
    const std::vector<std::string> hosts = group.gather(own_host()), gpus = group.gather(gpu),
                                   buses = group.gather(own_bus(device)), devices = group.gather(std::to_string(device));
    std::map<std::string, int> nodes;
    for (std::size_t rank = 0; rank < places.size(); ++rank) {
        const int node = nodes.emplace(hosts[rank], static_cast<int>(nodes.size())).first->second;
        places[rank] = {hosts[rank], gpus[rank], buses[rank], std::stoi(devices[rank]), node};
    }
    return places;
}

/// Which GPU of its node it is, in the order of PCI addresses: numbers of devices mean nothing where each process sees one only.
int rail_of(const std::vector<RankPlace>& places, const RankPlace& one) {
    std::set<std::string> buses;
    for (const RankPlace& place : places)
        if (place.node == one.node) buses.insert(place.bus);
    return static_cast<int>(std::distance(buses.begin(), buses.find(one.bus)));
}

}  // namespace

Session::Session(Group& its_group, const TransportOptions& options, int device, const std::string& gpu)
    : group(its_group), places(places_of(its_group, device, gpu)), transport(make_transport(options, its_group, device)) {}

bool Session::has_shared_gpus() const {
    // Ranks that share a GPU have hosts of their own by name, so the address on the bus is what tells; hosts that were forked
    // begin alike.
    for (std::size_t a = 0; a < places.size(); ++a)
        for (std::size_t b = 0; b < a; ++b)
            if (places[a].bus == places[b].bus && (places[a].host == places[b].host || std::getenv("NCCL_HOSTID"))) return true;
    return false;
}

std::string Session::joint_of(int from, int to) const {
    const RankPlace &a = places[static_cast<std::size_t>(from)], &b = places[static_cast<std::size_t>(to)];
    if (from == to) return "self";
    if (a.bus == b.bus && (a.node == b.node || has_shared_gpus())) return "same-gpu";
    if (a.node != b.node) return rail_of(places, a) == rail_of(places, b) ? "same-rail" : "other-rail";
    int first = 0, second = 0, has_atomics = 0;  // over NVLink, not over PCIe
    if (cudaDeviceGetByPCIBusId(&first, a.bus.c_str()) == cudaSuccess &&
        cudaDeviceGetByPCIBusId(&second, b.bus.c_str()) == cudaSuccess &&
        cudaDeviceGetP2PAttribute(&has_atomics, cudaDevP2PAttrNativeAtomicSupported, first, second) == cudaSuccess)
        return has_atomics ? "nvlink" : "pcie";
    cudaGetLastError();  // this process sees one of them only; nobody is to take that for an error of another call
    return "same-node";
}

std::vector<std::vector<double>> Session::gather(const std::vector<double>& own) {
    std::vector<std::vector<double>> all;
    for (const std::string& blob :
         group.gather(std::string(reinterpret_cast<const char*>(own.data()), own.size() * sizeof(double)))) {
        all.emplace_back(blob.size() / sizeof(double));
        if (!blob.empty()) std::memcpy(all.back().data(), blob.data(), blob.size());
    }
    return all;
}

std::size_t Session::sum(std::size_t own) {
    double total = 0;
    for (const std::vector<double>& one : gather({static_cast<double>(own)})) total += one[0];
    return static_cast<std::size_t>(total);
}

RankTimes times_of(const std::vector<std::vector<double>>& samples_by_rank) {
    RankTimes times;
    times.slowest_us.assign(samples_by_rank.front().size(), 0);
    for (const std::vector<double>& samples : samples_by_rank) {
        for (std::size_t turn = 0; turn < samples.size(); ++turn)
            times.slowest_us[turn] = std::max(times.slowest_us[turn], samples[turn]);
        times.rank_median_us.push_back(quantile(samples, 0.5));
    }
    return times;
}

}  // namespace tokenyard::gpu
