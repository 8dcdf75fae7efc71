// SPDX-License-Identifier: Apache-2.0
// What one MoE layer exchanges: the model, the batch, where experts live and where the routing comes from.
#pragma once

#include "model/parts.hpp"
#include "model/routing.hpp"
#include "model/units.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace tokenyard {

/// A file that decided a result.
struct InputFile {
    std::string name;       // as the user gave it
    std::string sha256;     // of its bytes
    std::string path = {};  // where it was found; "-" for standard input
};

struct DataType {
    std::string name;
    int bits = 0;
};

/// One expert: a feed-forward network on the hidden elements of a token.
struct ExpertModel {
    int hidden = 0;    // elements between its matrices
    int matrices = 3;  // gate, up and down; 2 without gate
    int shared = 0;    // further experts that every token meets on its own rank
    DataType dtype, weight_dtype;
};

struct Model {
    int experts = 0, experts_per_token = 0;
    int hidden = 0;  // elements a token
    int moe_layers = 1;
    int expert_groups = 1, groups_per_token = 1;  // 1 and 1: no limit
    std::optional<ExpertModel> expert;            // needed to time the whole layer
};

/// What one token copy weighs on the wire.
struct Encoding {
    DataType dtype;
    int scale_block = 0;  // elements that share a scale; 0: no scales
    DataType scale_dtype;
    Bytes metadata;
};

/// What a token weighs on the wire, apart from what an algorithm adds to find its way.
struct Message {
    Bytes elements;  // the hidden elements
    Bytes scales;
    Bytes metadata;  // that the workload asks for, where the algorithm has no format of its own

    Bytes body() const { return elements + scales; }
    Bytes total() const { return body() + metadata; }
};

/// elements = ceil(hidden x bits / 8); scales = ceil(hidden / scale_block) x scale bits / 8. Pre: hidden > 0.
Message message_of(const Encoding& encoding, int hidden);

struct ContiguousPlacement {};
struct RoundRobinPlacement {};
struct MapPlacement {
    std::vector<std::vector<int>> ranks_of_expert;  // each at least one, no repeats
};
struct RedundantPlacement {
    int extra = 0;
};
using Placement = std::variant<ContiguousPlacement, RoundRobinPlacement, MapPlacement, RedundantPlacement>;

struct UniformRouting {};
struct ZipfRouting {
    double exponent = 0;
};
struct LognormalRouting {
    double sigma = 0;
};
struct DirichletRouting {
    double alpha = 1;
};
struct HotRouting {
    std::vector<int> experts;
    double factor = 1;
};
struct SharesRouting {
    InputFile file;
    std::vector<double> shares;  // one an expert, not all 0
};
struct SkewRouting {
    double max_over_mean = 1;
};
struct TraceRouting {
    InputFile file;
    Routing routing;
};
using RoutingSource = std::variant<UniformRouting, ZipfRouting, LognormalRouting, DirichletRouting, HotRouting, SharesRouting,
                                   SkewRouting, TraceRouting>;

/// Tokens that a router sends to experts.
struct TokenWorkload {
    Model model;
    std::vector<int> tokens_per_rank;
    Encoding dispatch, combine;
    Seconds between_layers;                  // attention and whatever else a rank does between two MoE layers
    std::optional<Bytes> other_memory = {};  // of a GPU, beside experts and buffers; absent: nobody says
    Placement placement;
    RoutingSource routing;
};

/// S(i,k) given in bytes, without the tokens behind it.
struct MatrixWorkload {
    InputFile file;
    VolumeMatrix volumes;
};

/// Complete, in range and made for `ranks` ranks of its cluster.
/// A name in a file, and where it stands: for who knows what names there are.
struct NameInFile {
    std::string name, file;
    int line = 1, column = 1;
};

struct Workload {
    std::string name, description;
    int ranks = 0;
    std::uint64_t seed = 1;
    std::vector<FileMention> libraries;   // that it runs, before those of the cluster
    std::optional<NameInFile> algorithm;  // that it is run with unless another is asked for
    std::variant<TokenWorkload, MatrixWorkload> traffic;
    std::vector<std::string> sources;
};

}  // namespace tokenyard
