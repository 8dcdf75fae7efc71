// SPDX-License-Identifier: Apache-2.0
#include "input/foreign.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>

namespace tokenyard {
namespace {

constexpr std::size_t looked_through = 1 << 20;  // bytes

bool has(std::string_view text, std::string_view word) { return text.find(word) != std::string_view::npos; }

bool has_all(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::ranges::all_of(words, [&](std::string_view word) { return has(text, word); });
}

bool has_any(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::ranges::any_of(words, [&](std::string_view word) { return has(text, word); });
}

/// Whether a line starts with the word, blanks in front left out.
bool has_line(std::string_view text, std::string_view start) {
    for (std::size_t at = text.find(start); at != std::string_view::npos; at = text.find(start, at + 1)) {
        const std::size_t line = text.rfind('\n', at) == std::string_view::npos || at == 0 ? 0 : text.rfind('\n', at) + 1;
        if (text.substr(line, at - line).find_first_not_of(" \t\r") == std::string_view::npos) return true;
    }
    return false;
}

bool is_json(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
}

/// "18 8 1 9 24 H100": five counts and a GPU's name.
bool is_simai_topology(std::string_view text) {
    const std::string_view line = text.substr(0, text.find('\n'));
    int counts = 0, words = 0;
    for (std::size_t start = line.find_first_not_of(" \t\r"); start != std::string_view::npos;) {
        const std::size_t end = std::min(line.find_first_of(" \t\r", start), line.size());
        const std::string_view word = line.substr(start, end - start);
        counts += words < 5 && word.find_first_not_of("0123456789") == std::string_view::npos;
        ++words;
        start = line.find_first_not_of(" \t\r", end);
    }
    return counts == 5 && words == 6 && has_any(text, {"Gbps", "GBps"});
}

/// GlobalMetadata behind its length: its version, or attributes of which the first is called something.
bool is_chakra_trace(std::string_view text) {
    std::size_t at = 0;
    while (at < 4 && at < text.size() && static_cast<unsigned char>(text[at]) >= 0x80) ++at;  // of the length
    text.remove_prefix(std::min(at + 1, text.size()));
    constexpr char text_of_1 = 0x0A, message_of_2 = 0x12;
    if (text.size() < 5) return false;
    if (text[0] == text_of_1) return text[1] > 0 && text[1] < 16 && text[2] >= '0' && text[2] <= '9';
    return text[0] == message_of_2 && text[2] == text_of_1 && text[3] > 0 && text[3] < 32 && text[4] >= 'a' && text[4] <= 'z';
}

constexpr std::string_view import_reads = "`tokenyard import` reads it";

constexpr std::array kinds{
    ForeignKind{"npy", "a NumPy array", "`predict --routing FILE` reads it where it is of routed expert ids (routing kind trace)",
                false, [](std::string_view text) { return text.starts_with("\x93NUMPY"); }},
    ForeignKind{"zip", "a zip file, as PyTorch's .pt are",
                "routing kind shares reads it where it is SGLang's count of experts; else save expert ids with numpy.save", false,
                [](std::string_view text) { return text.starts_with("PK\x03\x04"); }},
    ForeignKind{"chakra", "an execution trace of Chakra", "`tokenyard import` lists its collectives and messages", true,
                is_chakra_trace},
    ForeignKind{"routing-csv", "recorded routing", "`predict --routing FILE` reads it (routing kind trace)", false,
                [](std::string_view text) { return text.starts_with("rank,experts"); }},
    ForeignKind{"nccl-graph", "what NCCL_GRAPH_DUMP_FILE writes, NCCL's rings and trees",
                "it does not tell the machine: dump its topology with NCCL_TOPO_DUMP_FILE, which `tokenyard import` reads", false,
                [](std::string_view text) {
                    return has_all(text, {"<graphs", "<graph "});
                }},
    ForeignKind{"nccl-topology", "NCCL's topology of a machine", import_reads, true,
                [](std::string_view text) { return has_line(text, "<system") && has(text, "<cpu"); }},
    ForeignKind{"hwloc", "hwloc's topology of a machine (lstopo), not NCCL's", import_reads, true,
                [](std::string_view text) {
                    return has_all(text, {"<topology", "<object type="});
                }},
    ForeignKind{"nvidia-smi-topo", "an nvidia-smi topology", import_reads, true,
                [](std::string_view text) {
                    return has_line(text, "GPU0") && has_any(text, {"CPU Affinity", "NUMA Affinity", "X    = Self"});
                }},
    ForeignKind{"ibnetdiscover", "an InfiniBand fabric as ibnetdiscover prints it", import_reads, true,
                [](std::string_view text) {
                    return has_any(text, {"switchguid=", "caguid="}) ||
                           ((has_line(text, "CA ") || has_line(text, "SW ")) && has_all(text, {" 0x", " 4x "}));
                }},
    ForeignKind{"slurm-topology", "SLURM's topology.conf", import_reads, true,
                [](std::string_view text) { return has_line(text, "SwitchName=") || has_line(text, "BlockName="); }},
    ForeignKind{"nccl-tests", "a log of nccl-tests", import_reads, true,
                [](std::string_view text) {
                    return has_all(text, {"out-of-place", "busbw", "algbw"});
                }},
    ForeignKind{"nccl-tests-json", "what nccl-tests wrote with -J", import_reads, true,
                [](std::string_view text) {
                    return is_json(text) && has_all(text, {"\"nccl_version\"", "\"out_of_place\"", "\"alg_bw\""});
                }},
    ForeignKind{"osu", "a log of OSU's micro-benchmarks", import_reads, true,
                [](std::string_view text) { return has_line(text, "# OSU "); }},
    ForeignKind{"collectivex", "times that CollectiveX wrote of an expert-parallel library", import_reads, true,
                [](std::string_view text) {
                    return is_json(text) && has_all(text, {"\"record_type\"", "\"case-attempt\""});
                }},
    ForeignKind{"deepep", "what DeepEP's tests printed", import_reads, true,
                [](std::string_view text) {
                    return has_any(text, {"Best dispatch (", "Best combine: SMs ", "Dispatch + combine bandwidth:",
                                          "Dispatch + Combine bandwidth:", "] Dispatch bandwidth:"}) ||
                           (has(text, "GB/s (SU), ") && has(text, " EP: "));
                }},
    ForeignKind{"netq", "a topology graph of NetQ", import_reads, true,
                [](std::string_view text) { return is_json(text) && has(text, "\"compounded_links\""); }},
    ForeignKind{"kineto", "a trace of PyTorch's profiler (Kineto)", import_reads, true,
                [](std::string_view text) {
                    return is_json(text) && has_any(text, {"\"traceEvents\"", "\"deviceProperties\""});
                }},
    ForeignKind{"execution-trace", "an execution trace of PyTorch", import_reads, true,
                [](std::string_view text) {
                    return is_json(text) && has_all(text, {"\"schema\"", "\"nodes\"", "\"op_schema\""});
                }},
    ForeignKind{"routing-jsonl", "routing recorded as JSON lines",
                "it is not read: write the expert ids as .npy or CSV, which `predict --routing` reads", false,
                [](std::string_view text) {
                    return is_json(text) && has_any(text, {"\"observed-dispatch\"", "\"dispatch_layer_mapping\""});
                }},
    ForeignKind{"infragraph", "InfraGraph's description of devices", import_reads, true,
                [](std::string_view text) {
                    const bool has_devices = has_line(text, "devices:") && has(text, "components:");
                    const bool has_instances = has_line(text, "infrastructure:") && has_line(text, "instances:");
                    return (has_devices || has_instances) && has_any(text, {"links:", "connections:", "edges:"});
                }},
    ForeignKind{"topograph", "a model of topograph", import_reads, true,
                [](std::string_view text) {
                    return (has(text, "\nswitches:\n") || text.starts_with("switches:\n")) &&
                           has_any(text, {"\ncapacity_blocks:", "\nblocks:", "\nnodes:\n"}) && !has_line(text, "fabric:");
                }},
    ForeignKind{"aiconfigurator", "an aiconfigurator system file", import_reads, true,
                [](std::string_view text) {
                    return has_line(text, "data_dir:") && has_any(text, {"inter_node_bw:", "intra_node_bw:"});
                }},
    ForeignKind{"astra-sim-network", "ASTRA-sim's network file", import_reads, true,
                [](std::string_view text) { return has_line(text, "topology:") && has_line(text, "npus_count:"); }},
    ForeignKind{"astra-sim-system", "ASTRA-sim's system file",
                "it is not read: it tells how collectives are scheduled there, not what the cluster is", false,
                [](std::string_view text) { return is_json(text) && has(text, "\"all-to-all-implementation\""); }},
    ForeignKind{"simai-workload", "a workload of SimAI", "it is not read: it has one size a collective, which is no S(i,k)",
                false, [](std::string_view text) { return text.starts_with("HYBRID_TRANSFORMER"); }},
    ForeignKind{"simai-topology", "a topology of SimAI", import_reads, true, is_simai_topology},
    ForeignKind{"hf-config", "a Hugging Face configuration of a model", "`tokenyard import` makes a workload of it", true,
                [](std::string_view text) {
                    return is_json(text) && has(text, "\"architectures\"") &&
                           has_any(text, {"\"num_hidden_layers\"", "\"hidden_size\"", "\"text_config\""});
                }},
};

}  // namespace

std::span<const ForeignKind> foreign_kinds() { return kinds; }

std::string without_colours(std::string_view text) {
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '\x1b' || at + 1 >= text.size() || text[at + 1] != '[') {
            plain += text[at];
            continue;
        }
        at += 2;  // ESC [ digits and semicolons, then a letter
        while (at < text.size() && ((text[at] >= '0' && text[at] <= '9') || text[at] == ';' || text[at] == '?')) ++at;
    }
    return plain;
}

const ForeignKind* foreign_kind_of(std::string_view text) {
    text = text.substr(0, looked_through);
    const std::string plain = text.find('\x1b') == std::string_view::npos ? std::string() : without_colours(text);
    if (!plain.empty()) text = plain;
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    const auto found = std::ranges::find_if(kinds, [&](const ForeignKind& kind) { return kind.matches(text); });
    return found == kinds.end() ? nullptr : &*found;
}

void refuse_foreign(std::string_view text, const Position& file) {
    if (const ForeignKind* kind = foreign_kind_of(text))
        throw InputError(file, fmt::format("found {}; {}", kind->what, kind->advice));
}

}  // namespace tokenyard
