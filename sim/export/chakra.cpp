// SPDX-License-Identifier: Apache-2.0
#include "export/chakra.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace tokenyard {
namespace {

// Of et_def.proto.
enum NodeType : std::uint64_t { comp_node = 4, comm_send_node = 5, comm_recv_node = 6, comm_coll_node = 7 };
constexpr std::uint64_t all_to_all = 6;
constexpr std::string_view chakra_version = "0.0.4";

/// A message of protocol buffers: varints, and texts with their length.
class WireMessage {
public:
    void number(int field, std::uint64_t value) {
        varint(static_cast<std::uint64_t>(field) << 3);
        varint(value);
    }
    void text(int field, std::string_view value) {
        constexpr std::uint64_t with_length = 2;
        varint(static_cast<std::uint64_t>(field) << 3 | with_length);
        varint(value.size());
        bytes_ += value;
    }
    const std::string& bytes() const { return bytes_; }

    /// With its length in front, as they stand in a file.
    std::string in_file() const {
        WireMessage length;
        length.varint(bytes_.size());
        return length.bytes_ + bytes_;
    }

private:
    void varint(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>((value & 0x7F) | 0x80);
        bytes_ += static_cast<char>(value);
    }
    std::string bytes_;
};

/// Fields of AttributeProto's value.
constexpr int int32_val = 7, int64_val = 9, bool_val = 27;

void add_attribute(WireMessage& node, std::string_view name, int field, std::uint64_t value) {
    WireMessage attribute;
    attribute.text(1, name);
    attribute.number(field, value);
    node.text(10, attribute.bytes());
}

class TraceOfRank {
public:
    TraceOfRank() {
        WireMessage metadata;
        metadata.text(1, chakra_version);
        trace_ = metadata.in_file();
    }

    void begin_phase(const std::string& name) {
        if (of_phase_.empty()) return;
        WireMessage node = start(fmt::format("before {}", name), comp_node);
        add_attribute(node, "is_cpu_op", bool_val, 0);
        add_attribute(node, "num_ops", int64_val, 0);
        add_attribute(node, "tensor_size", int64_val, 0);
        end(node);
        before_ = next_ - 1;
        of_phase_.clear();
    }

    void collective(const std::string& name, Bytes size) {
        WireMessage node = start(name + " all-to-all", comm_coll_node);
        add_attribute(node, "is_cpu_op", bool_val, 0);
        add_attribute(node, "comm_type", int64_val, all_to_all);
        add_attribute(node, "comm_size", int64_val, whole(size));
        end(node);
    }

    void message(const std::string& name, NodeType type, int source, int destination, int tag, Bytes size) {
        WireMessage node = start(name, type);
        add_attribute(node, "is_cpu_op", bool_val, 0);
        add_attribute(node, "comm_size", int64_val, whole(size));
        add_attribute(node, "comm_src", int32_val, static_cast<std::uint64_t>(source));
        add_attribute(node, "comm_dst", int32_val, static_cast<std::uint64_t>(destination));
        add_attribute(node, "comm_tag", int32_val, static_cast<std::uint64_t>(tag));
        end(node);
    }

    const std::string& whole_trace() const { return trace_; }

private:
    static std::uint64_t whole(Bytes size) { return static_cast<std::uint64_t>(in_bytes(size)); }

    WireMessage start(const std::string& name, NodeType type) {
        WireMessage node;
        node.number(1, next_);
        node.text(2, name);
        node.number(3, type);
        constexpr int data_deps = 5;  // what Chakra's feeder waits for; it leaves ctrl_deps out
        if (type == comp_node)
            for (const std::uint64_t id : of_phase_) node.number(data_deps, id);
        else if (before_) node.number(data_deps, *before_);
        return node;
    }

    void end(const WireMessage& node) {
        trace_ += node.in_file();
        of_phase_.push_back(next_++);
    }

    std::string trace_;
    std::uint64_t next_ = 0;
    std::vector<std::uint64_t> of_phase_;  // nodes that the next phase waits for
    std::optional<std::uint64_t> before_;  // the node that ends the phase before
};

/// What every two ranks send, if it is the same and there is anything.
std::optional<Bytes> size_of_pairs(const VolumeMatrix& volumes) {
    const int ranks = volumes.rows();
    if (ranks < 2) return {};
    const Bytes first = volumes.at(0, 1);
    if (in_bytes(first) <= 0) return {};
    for (int source = 0; source < ranks; ++source)
        for (int destination = 0; destination < ranks; ++destination)
            if (source != destination && volumes.at(source, destination) != first) return {};
    return first;
}

void add_messages(TraceOfRank& trace, const ChakraPhase& phase, int rank, int tag) {
    const int ranks = phase.volumes.rows();
    for (int step = 1; step < ranks; ++step) {  // from the next rank on, so that not all send to rank 0 first
        const int to = (rank + step) % ranks, from = (rank + ranks - step) % ranks;
        if (const Bytes size = phase.volumes.at(rank, to); in_bytes(size) > 0)
            trace.message(fmt::format("{} to {}", phase.name, to), comm_send_node, rank, to, tag, size);
        if (const Bytes size = phase.volumes.at(from, rank); in_bytes(size) > 0)
            trace.message(fmt::format("{} from {}", phase.name, from), comm_recv_node, from, rank, tag, size);
    }
}

}  // namespace

void write_chakra(const std::vector<ChakraPhase>& phases, const std::function<void(int rank, const std::string& trace)>& take) {
    std::vector<std::optional<Bytes>> of_pair;
    for (const ChakraPhase& phase : phases) of_pair.push_back(size_of_pairs(phase.volumes));
    const int ranks = phases.empty() ? 0 : phases.front().volumes.rows();
    for (int rank = 0; rank < ranks; ++rank) {
        TraceOfRank trace;
        for (std::size_t at = 0; at < phases.size(); ++at) {
            trace.begin_phase(phases[at].name);
            if (of_pair[at]) trace.collective(phases[at].name, *of_pair[at] * static_cast<double>(ranks));
            else add_messages(trace, phases[at], rank, static_cast<int>(at));
        }
        take(rank, trace.whole_trace());
    }
}

}  // namespace tokenyard
