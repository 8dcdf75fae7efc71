// SPDX-License-Identifier: Apache-2.0
#include "import/chakra.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <queue>
#include <string_view>

namespace tokenyard {
namespace {

constexpr std::size_t most_nodes_of_trace = 4000000;
constexpr std::uint64_t send_node = 5, receive_node = 6, collective_node = 7;
constexpr std::array<std::string_view, 10> collectives{
    "all-reduce", "reduce",         "all-gather",           "gather", "scatter", "broadcast",
    "all-to-all", "reduce-scatter", "reduce-scatter-block", "barrier"};

/// Reads a part of a file as one message of protocol buffers.
class WireReader {
public:
    WireReader(const SourceText& source, std::size_t begin, std::size_t end) : source_(&source), at_(begin), end_(end) {}

    bool is_done() const { return at_ == end_; }
    std::size_t at() const { return at_; }

    [[noreturn]] void fail(const std::string& message) const {
        throw InputError(source_->start,
                         fmt::format("{} at byte {}; expected Chakra's messages with their lengths", message, at_));
    }

    std::uint64_t varint() {
        std::uint64_t value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            if (at_ == end_) fail("found a number that is cut off");
            const auto byte = static_cast<unsigned char>(source_->text[at_++]);
            if (shift == 63 && byte > 1) break;
            value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
            if (byte < 0x80) return value;
        }
        fail("found a number of more than 64 bits");
    }

    /// The part behind a length.
    WireReader part() {
        const std::uint64_t length = varint();
        if (length > end_ - at_) fail(fmt::format("found a message of {} bytes, of which {} are there,", length, end_ - at_));
        const std::size_t begin = at_;
        at_ += static_cast<std::size_t>(length);
        return {*source_, begin, at_};
    }

    std::string_view text() const { return std::string_view(source_->text).substr(at_, end_ - at_); }

    struct Field {
        std::uint64_t number = 0, type = 0;
    };
    Field field() {
        const std::uint64_t key = varint();
        if (key >> 3 == 0) fail("found a field without a number");
        return {key >> 3, key & 7};
    }

    void skip(std::uint64_t type) {
        if (type == 0) varint();
        else if (type == 2) part();
        else if (type == 1 || type == 5) fixed(type == 1 ? 8 : 4);
        else fail(fmt::format("found a field of wire type {}", type));
    }

    /// A value of a field of whole numbers, whichever way they are written; nothing for another field.
    std::optional<std::int64_t> whole_number(const Field& field) {
        constexpr std::array<std::uint64_t, 4> unsigned_fields{7, 9, 11, 13}, zigzag_fields{15, 17};
        if (field.type == 0) {
            const std::uint64_t value = varint();
            if (std::ranges::find(unsigned_fields, field.number) != unsigned_fields.end())
                return static_cast<std::int64_t>(value);
            if (std::ranges::find(zigzag_fields, field.number) != zigzag_fields.end())
                return static_cast<std::int64_t>(value >> 1 ^ (~(value & 1) + 1));
            return {};
        }
        const bool is_fixed = field.number >= 19 && field.number <= 25;
        if (is_fixed && field.type == 1) return static_cast<std::int64_t>(fixed(8));
        if (is_fixed && field.type == 5) return static_cast<std::int32_t>(static_cast<std::uint32_t>(fixed(4)));
        skip(field.type);
        return {};
    }

private:
    std::uint64_t fixed(std::size_t width) {
        if (width > end_ - at_) fail("found a number that is cut off");
        std::uint64_t value = 0;
        for (std::size_t byte = 0; byte < width; ++byte)
            value |= std::uint64_t{static_cast<unsigned char>(source_->text[at_ + byte])} << (8 * byte);
        at_ += width;
        return value;
    }

    const SourceText* source_;
    std::size_t at_, end_;
};

struct ChakraNode {
    std::uint64_t type = 0;
    std::vector<std::uint64_t> waits_for;
    std::int64_t collective = -1;
    ChakraCommunication communication;
};

void read_attribute(WireReader message, ChakraNode& node) {
    std::string_view name;
    std::optional<std::int64_t> number;
    std::string_view words;
    while (!message.is_done()) {
        const WireReader::Field field = message.field();
        constexpr std::uint64_t string_val = 29;
        if (field.number == 1 && field.type == 2) name = message.part().text();
        else if (field.number == string_val && field.type == 2) words = message.part().text();
        else if (const std::optional<std::int64_t> value = message.whole_number(field)) number = value;
    }
    ChakraCommunication& communication = node.communication;
    if (name == "comm_type" && number) node.collective = *number;
    else if (name == "comm_size") communication.bytes = number;
    else if (name == "comm_src") communication.source = number;
    else if (name == "comm_dst") communication.destination = number;
    else if (name == "pg_name" || name == "comm_group")
        communication.group = number ? fmt::format("{}", *number) : std::string(words);
}

ChakraNode read_node(WireReader message) {
    constexpr std::uint64_t data_deps = 5;
    ChakraNode node;
    while (!message.is_done()) {
        const WireReader::Field field = message.field();
        if (field.type == 0 && field.number == 1) node.communication.node = message.varint();
        else if (field.type == 2 && field.number == 2) node.communication.name = message.part().text();
        else if (field.type == 0 && field.number == 3) node.type = message.varint();
        else if (field.type == 0 && field.number == data_deps) node.waits_for.push_back(message.varint());
        else if (field.type == 2 && field.number == data_deps)
            for (WireReader packed = message.part(); !packed.is_done();) node.waits_for.push_back(packed.varint());
        else if (field.type == 2 && field.number == 10) read_attribute(message.part(), node);
        else message.skip(field.type);
    }
    return node;
}

std::string kind_of_node(const ChakraNode& node) {
    if (node.type == send_node) return "send";
    if (node.type == receive_node) return "receive";
    if (node.collective < 0) return "collective";  // which one is not told
    const auto known = static_cast<std::size_t>(node.collective);
    return known < collectives.size() ? std::string(collectives[known]) : fmt::format("collective {}", node.collective);
}

/// Nodes whose dependencies have come, the least id first.
void put_in_order(const SourceText& source, std::map<std::uint64_t, ChakraNode>& nodes, ChakraTrace& trace) {
    std::map<std::uint64_t, std::size_t> open;
    std::map<std::uint64_t, std::vector<std::uint64_t>> behind;
    std::priority_queue<std::uint64_t, std::vector<std::uint64_t>, std::greater<>> ready;
    for (const auto& [id, node] : nodes) {
        std::size_t waits = 0;
        for (const std::uint64_t before : node.waits_for)
            if (nodes.contains(before)) {
                behind[before].push_back(id);
                ++waits;
            }
        if (waits > 0) open[id] = waits;
        else ready.push(id);
    }
    while (!ready.empty()) {
        const std::uint64_t id = ready.top();
        ready.pop();
        ChakraNode& node = nodes.at(id);
        if (node.type == send_node || node.type == receive_node || node.type == collective_node) {
            node.communication.kind = kind_of_node(node);
            trace.communications.push_back(std::move(node.communication));
        }
        if (const auto found = behind.find(id); found != behind.end())
            for (const std::uint64_t next : found->second)
                if (--open.at(next) == 0) {
                    open.erase(next);
                    ready.push(next);
                }
    }
    if (!open.empty())
        throw InputError(source.start,
                         fmt::format("found node {} among {} that wait for each other; expected dependencies without a "
                                     "circle",
                                     open.begin()->first, open.size()));
}

std::string csv_text(std::string_view text) {
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"') quoted += '"';
        quoted += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    return quoted + "\"";
}

std::string or_nothing(const std::optional<std::int64_t>& value) { return value ? std::to_string(*value) : ""; }

}  // namespace

ChakraTrace trace_from_chakra(const SourceText& source) {
    WireReader file(source, 0, source.text.size());
    ChakraTrace trace;
    if (file.is_done()) file.fail("found an empty file");
    for (WireReader metadata = file.part(); !metadata.is_done();) {
        const WireReader::Field field = metadata.field();
        if (field.number == 1 && field.type == 2) trace.version = metadata.part().text();
        else metadata.skip(field.type);
    }
    std::map<std::uint64_t, ChakraNode> nodes;
    while (!file.is_done()) {
        const std::size_t at = file.at();
        ChakraNode node = read_node(file.part());
        const std::uint64_t id = node.communication.node;
        if (!nodes.emplace(id, std::move(node)).second)
            throw InputError(source.start, fmt::format("found node {} again at byte {}; expected each id once", id, at));
        if (nodes.size() > most_nodes_of_trace)
            throw InputError(source.start, fmt::format("found more than {} nodes; expected fewer", most_nodes_of_trace));
    }
    trace.nodes = nodes.size();
    put_in_order(source, nodes, trace);
    return trace;
}

std::string chakra_listing(const std::vector<ChakraTrace>& traces, const std::vector<std::string>& shown) {
    std::string listing =
        fmt::format("# Written by `tokenyard import` from {}: Chakra's execution traces.\n", fmt::join(shown, ", "));
    for (std::size_t one = 0; one < traces.size(); ++one)
        listing += fmt::format("# {}: version {}, {} nodes, of which {} communicate, in an order that data dependencies allow.\n",
                               shown[one], traces[one].version.empty() ? "not told" : traces[one].version, traces[one].nodes,
                               traces[one].communications.size());
    listing += "file,order,node,name,kind,bytes,source,destination,group\n";
    for (std::size_t one = 0; one < traces.size(); ++one)
        for (std::size_t order = 0; order < traces[one].communications.size(); ++order) {
            const ChakraCommunication& it = traces[one].communications[order];
            listing += fmt::format("{},{},{},{},{},{},{},{},{}\n", csv_text(shown[one]), order, it.node, csv_text(it.name),
                                   it.kind, or_nothing(it.bytes), or_nothing(it.source), or_nothing(it.destination),
                                   it.group.empty() ? "" : csv_text(it.group));
        }
    return listing;
}

}  // namespace tokenyard
