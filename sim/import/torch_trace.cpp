// SPDX-License-Identifier: Apache-2.0
#include "import/torch_trace.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>
#include <utility>

namespace tokenyard {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t most_elements = std::int64_t{1} << 36, most_ranks = 1 << 14, largest_element = 16;

/// Bytes of an element by Kineto's name of its type.
constexpr std::array element_sizes{
    std::pair{"Byte", 1},
    std::pair{"Char", 1},
    std::pair{"Bool", 1},
    std::pair{"Half", 2},
    std::pair{"BFloat16", 2},
    std::pair{"Short", 2},
    std::pair{"Int", 4},
    std::pair{"Float", 4},
    std::pair{"Long", 8},
    std::pair{"Double", 8},
    std::pair{"Float8_e5m2", 1},
    std::pair{"Float8_e4m3fn", 1},
    std::pair{"Float8_e4m3fnuz", 1},
    std::pair{"Float8_e5m2fnuz", 1},
};

[[noreturn]] void refuse(const Position& at, const std::string& what) { throw InputError(at, what); }

/// Where a byte of the text is.
Position position_of(const SourceText& source, std::size_t byte) {
    Position at = source.start;
    for (std::size_t i = 0; i + 1 < byte && i < source.text.size(); ++i) {
        at.column = source.text[i] == '\n' ? 1 : at.column + 1;
        at.line += source.text[i] == '\n';
    }
    return at;
}

bool is_call(const Json& event) {
    const auto name = event.find("name");
    return name != event.end() && *name == "record_param_comms";
}

/// The file without the events that are no calls of collectives, which are most.
Json parse(const SourceText& source) {
    const auto keeps = [](int depth, Json::parse_event_t event, Json& parsed) {
        constexpr int of_events = 2;  // {"traceEvents": [ {event} ]}
        return event != Json::parse_event_t::object_end || depth != of_events || !parsed.contains("name") || is_call(parsed);
    };
    try {
        return Json::parse(source.text, keeps);
    } catch (const Json::parse_error& error) {
        refuse(position_of(source, error.byte), "found no JSON here; expected a trace of PyTorch");
    }
}

/// Lists are texts, "[96, 224]", in Kineto's files.
std::vector<std::int64_t> numbers_in(const Json& list, const Position& at, std::string_view which) {
    Json values = list;
    if (list.is_string()) {
        const std::string text = list.get<std::string>();
        if (text.find("...") != std::string::npos)
            refuse(at, fmt::format("found a list '{}' that the profiler cut; expected all of it: an execution trace has it "
                                   "(torch.profiler.ExecutionTraceObserver)",
                                   which));
        values = Json::parse(text, nullptr, false);
    }
    if (!values.is_array()) refuse(at, fmt::format("found no list '{}'; expected numbers of elements", which));
    std::vector<std::int64_t> numbers;
    for (const Json& value : values) {
        if (!value.is_number_integer() || value.get<std::int64_t>() < 0 || value.get<std::int64_t>() > most_elements)
            refuse(at, fmt::format("found '{}' in '{}'; expected a number of elements", value.dump(), which));
        numbers.push_back(value.get<std::int64_t>());
    }
    return numbers;
}

/// What one call says.
struct Call {
    std::string collective;
    Json in, out;
    std::int64_t elements = -1, element_size = 0, ranks = 0;  // -1 and 0: not told
    std::optional<int> rank;
};

Call call_of_event(const Json& event, const Position& at) {
    Call call;
    const auto found = event.find("args");
    if (found == event.end() || !found->is_object()) return call;
    const Json& args = *found;
    call.collective = args.value("Collective name", "");
    call.in = args.value("In split size", Json());
    call.out = args.value("Out split size", Json());
    call.elements = args.value("In msg nelems", std::int64_t{-1});
    call.ranks = args.value("Group size", std::int64_t{0});
    const std::string type = args.value("dtype", "");
    for (const auto& [name, size] : element_sizes)
        if (type == name) call.element_size = size;
    if (call.collective.starts_with("all_to_all") && call.element_size == 0)
        refuse(at, fmt::format("found dtype '{}' of an all-to-all; expected a type that is known", type));
    return call;
}

/// The inputs are the tensor, numbers, the rank, the name and both lists, and more behind them in newer traces. A tensor is an
/// array whose fourth and fifth entries are its elements and the bytes of one.
Call call_of_node(const Json& node) {
    Call call;
    Json inputs = node.value("inputs", Json());
    if (inputs.is_object()) inputs = inputs.value("values", Json());
    if (!inputs.is_array()) return call;
    for (std::size_t at = 0; at + 2 < inputs.size(); ++at) {
        if (!inputs[at].is_string() || !inputs[at + 1].is_array() || !inputs[at + 2].is_array()) continue;
        call.collective = inputs[at].get<std::string>();
        call.in = inputs[at + 1];
        call.out = inputs[at + 2];
        if (at > 0 && inputs[at - 1].is_number_integer()) call.rank = inputs[at - 1].get<int>();
        break;
    }
    Json tensor = inputs.empty() ? Json() : inputs[0];
    while (tensor.is_array() && tensor.size() == 1) tensor = Json(tensor[0]);
    if (tensor.is_array() && tensor.size() >= 5 && tensor[3].is_number_integer() && tensor[4].is_number_integer()) {
        call.elements = tensor[3].get<std::int64_t>();
        call.element_size = tensor[4].get<std::int64_t>();
    }
    return call;
}

/// Equal parts, where the lists are empty: all_to_all_single without splits.
std::vector<std::int64_t> even_parts(const Call& call, const Position& at) {
    if (call.elements < 0 || call.elements > most_elements || call.ranks < 1 || call.ranks > most_ranks ||
        call.elements % call.ranks != 0)
        refuse(at, "found an all-to-all without split sizes; expected them, or elements and ranks that divide them");
    return std::vector<std::int64_t>(static_cast<std::size_t>(call.ranks), call.elements / call.ranks);
}

std::vector<std::int64_t> as_bytes(std::vector<std::int64_t> elements, const Call& call) {
    for (std::int64_t& each : elements) each *= call.element_size;
    return elements;
}

void add_call(Call call, std::int64_t world, const Position& at, TorchTrace& trace) {
    if (!call.collective.starts_with("all_to_all")) return;
    if (call.rank && !trace.rank) trace.rank = call.rank;
    if (call.ranks == 0) call.ranks = world;
    if (call.element_size < 1 || call.element_size > largest_element)
        refuse(at, fmt::format("found elements of {} B in an all-to-all; expected 1 to {}", call.element_size, largest_element));
    const std::vector<std::int64_t> in = numbers_in(call.in, at, "In split size"),
                                    out = numbers_in(call.out, at, "Out split size");
    TorchAllToAll made;
    made.sent = as_bytes(in.empty() ? even_parts(call, at) : in, call);
    made.received = as_bytes(out.empty() && in.empty() ? even_parts(call, at) : out, call);
    if (made.sent.size() != made.received.size())
        refuse(at, fmt::format("found {} parts sent and {} received; expected as many", made.sent.size(), made.received.size()));
    trace.calls.push_back(std::move(made));
}

}  // namespace

TorchTrace trace_from_torch(const SourceText& source, std::size_t ranks) {
    const Json file = parse(source);
    TorchTrace trace;
    trace.at = source.start;
    auto world = static_cast<std::int64_t>(ranks);
    const bool is_kineto = file.is_object() && file.contains("traceEvents");
    try {
        if (const Json told = is_kineto ? file.value("distributedInfo", Json()) : Json(); told.is_object()) {
            if (told.contains("rank")) trace.rank = told["rank"].get<int>();
            world = told.value("world_size", world);
        }
        const Json calls = !file.is_object() ? Json() : file.value(is_kineto ? "traceEvents" : "nodes", Json());
        if (!calls.is_array()) refuse(source.start, "found neither 'traceEvents' nor 'nodes'; expected a trace of PyTorch");
        for (const Json& call : calls) {
            if (!call.is_object() || !is_call(call)) continue;
            add_call(is_kineto ? call_of_event(call, source.start) : call_of_node(call), world, source.start, trace);
        }
    } catch (const Json::exception&) {
        refuse(source.start,
               "found a value of another type than PyTorch writes; expected its profiler's trace or an execution trace");
    }
    if (trace.calls.empty())
        refuse(source.start,
               is_kineto ? "found no all-to-all with its sizes; expected record_param_comms with 'Collective name' and split "
                           "sizes, as newer ones of PyTorch have them"
                         : "found no all-to-all; expected one at least");
    return trace;
}

namespace {

constexpr int not_given = -1;

/// Brings the traces into the order of their ranks.
void sort_by_rank(std::vector<TorchTrace>& traces) {
    for (std::size_t at = 0; at < traces.size(); ++at)
        if (!traces[at].rank) traces[at].rank = static_cast<int>(at);
    std::ranges::stable_sort(traces, {}, [](const TorchTrace& trace) { return trace.rank.value_or(not_given); });
    const std::size_t ranks = traces.front().calls.front().sent.size();
    for (std::size_t at = 0; at < traces.size(); ++at)
        if (traces[at].rank != static_cast<int>(at))
            refuse(traces[at].at, fmt::format("found rank {} where rank {} should be; expected a file of each of {} ranks",
                                              traces[at].rank.value_or(not_given), at, ranks));
    if (traces.size() != ranks)
        refuse(traces.back().at, fmt::format("found {} trace{}; expected one of each of {} ranks", traces.size(),
                                             traces.size() == 1 ? "" : "s", ranks));
}

/// The call's matrix. Throws InputError where two ranks say otherwise.
std::vector<std::vector<std::int64_t>> matrix_of(const std::vector<TorchTrace>& traces, std::size_t call) {
    std::vector<std::vector<std::int64_t>> rows;
    for (const TorchTrace& trace : traces) {
        if (trace.calls[call].sent.size() != traces.size())
            refuse(trace.at, fmt::format("found all-to-all {} among {} ranks; expected all {}", call + 1,
                                         trace.calls[call].sent.size(), traces.size()));
        rows.push_back(trace.calls[call].sent);
    }
    for (std::size_t source = 0; source < rows.size(); ++source)
        for (std::size_t rank = 0; rank < rows.size(); ++rank)
            if (const std::int64_t heard = traces[rank].calls[call].received[source]; heard != rows[source][rank])
                refuse(traces[rank].at,
                       fmt::format("found {} B received from rank {} in all-to-all {}, which sent {} B; expected both alike",
                                   heard, source, call + 1, rows[source][rank]));
    return rows;
}

std::int64_t bytes_of(const std::vector<TorchTrace>& traces, std::size_t call) {
    std::int64_t sum = 0;
    for (const TorchTrace& trace : traces)
        sum = std::accumulate(trace.calls[call].sent.begin(), trace.calls[call].sent.end(), sum);
    return sum;
}

}  // namespace

TorchMatrix matrix_of_traces(std::vector<TorchTrace> traces, const std::vector<std::string>& shown, int call) {
    sort_by_rank(traces);
    const std::size_t calls = traces.front().calls.size();
    for (const TorchTrace& trace : traces)
        if (trace.calls.size() != calls)
            refuse(trace.at, fmt::format("found {} all-to-alls, and {} on rank 0; expected as many", trace.calls.size(), calls));
    if (call > static_cast<int>(calls))
        refuse(traces.front().at, fmt::format("found {} all-to-alls; expected --collective from 1 to {}", calls, calls));
    std::vector<std::int64_t> moved;
    for (std::size_t each = 0; each < calls; ++each) moved.push_back(bytes_of(traces, each));
    const std::size_t chosen =
        call > 0 ? static_cast<std::size_t>(call - 1) : static_cast<std::size_t>(std::ranges::max_element(moved) - moved.begin());
    const std::vector<std::vector<std::int64_t>> rows = matrix_of(traces, chosen);
    TorchMatrix made;
    made.text = fmt::format(
        "# Written by `tokenyard import` from {}: PyTorch's traces of {} ranks.\n# All-to-all {} of {}, {} B in all; row = "
        "source, bytes.\n",
        fmt::join(shown, ", "), traces.size(), chosen + 1, calls, moved[chosen]);
    for (const std::vector<std::int64_t>& row : rows) made.text += fmt::format("{}\n", fmt::join(row, " "));
    if (calls > 1 && call == 0)
        made.notes.push_back(
            fmt::format("of {} all-to-alls of {} B the {}. is taken, which moves most: --collective N takes another", calls,
                        fmt::join(moved, ", "), chosen + 1));
    return made;
}

}  // namespace tokenyard
