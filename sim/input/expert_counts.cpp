// SPDX-License-Identifier: Apache-2.0
#include "input/expert_counts.hpp"

#include "input/id_array.hpp"
#include "input/npy_file.hpp"
#include "input/stored_zip.hpp"
#include "input/tensor_pickle.hpp"
#include "input/values.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>

namespace tokenyard {
namespace {

constexpr std::size_t largest_recording = std::size_t{1} << 30;  // bytes; 1,000 passes of 60 layers x 256 experts have 61 MB
constexpr std::size_t largest_pickle = std::size_t{1} << 20;     // bytes; of this mode it has some 500
constexpr double largest_count = 1e15;

/// All of the file, a piece at a time, so that memory is not taken for what a pipe or a device never sends.
std::string bytes_of(NpyStream& stream, const Position& at) {
    constexpr std::size_t piece = std::size_t{1} << 20;
    std::string bytes;
    for (std::size_t got = piece; got == piece;) {
        const std::size_t before = bytes.size();
        bytes.resize(before + piece);
        got = stream.take(bytes.data() + before, piece);
        bytes.resize(before + got);
        if (bytes.size() > largest_recording)
            throw InputError(at, fmt::format("found a file of more than {} bytes; expected at most as many", largest_recording));
    }
    return bytes;
}

/// The entry of that name below the folder that all of them are in.
std::optional<std::string_view> entry_of(const std::vector<ZipEntry>& entries, std::string_view folder, std::string_view name) {
    const std::string full = fmt::format("{}/{}", folder, name);
    const auto found = std::ranges::find(entries, full, &ZipEntry::name);
    return found == entries.end() ? std::nullopt : std::optional(found->bytes);
}

/// The dictionary's value of the key, which must be a tensor.
const Pickled& tensor_of(const PickledValues& values, std::string_view key, const Position& at) {
    const Pickled& root = values.at(values.root);
    std::vector<std::string> keys;
    if (root.kind == Pickled::Kind::map)
        for (std::size_t item = 0; item + 1 < root.items.size(); item += 2) {
            const Pickled &name = values.at(root.items[item]), &value = values.at(root.items[item + 1]);
            if (name.kind != Pickled::Kind::text) continue;
            if (name.text == key && value.kind == Pickled::Kind::tensor) return value;
            if (keys.size() < 10) keys.push_back(in_quotes(name.text));
        }
    throw InputError(at, fmt::format("found {}; expected a dictionary with the tensor {}, as SGLang's expert distribution "
                                     "recorder saves it in mode stat",
                                     keys.empty() ? "no dictionary" : fmt::format("the keys {}", fmt::join(keys, ", ")), key));
}

/// A tensor's elements in its storage.
struct Elements {
    std::string_view bytes, type;
    std::size_t width = 8;

    double at(long index) const {
        const char* from = bytes.data() + static_cast<std::size_t>(index) * width;
        const auto as = [&]<class Number>(Number value) {
            std::memcpy(&value, from, sizeof value);  // little-endian, as every machine that this runs on
            return static_cast<double>(value);
        };
        if (type == "torch.LongStorage") return as(std::int64_t{});
        if (type == "torch.IntStorage") return as(std::int32_t{});
        return width == 4 ? as(float{}) : as(double{});
    }
};

Elements elements_of(const PickledValues& values, const Pickled& tensor, const std::vector<ZipEntry>& entries,
                     std::string_view folder, const Position& at) {
    const Pickled& storage = values.at(tensor.storage);
    const bool is_narrow = storage.text == "torch.IntStorage" || storage.text == "torch.FloatStorage";
    const std::optional<std::string_view> bytes = entry_of(entries, folder, fmt::format("data/{}", storage.key));
    const Elements elements{bytes.value_or(std::string_view()), storage.text, is_narrow ? std::size_t{4} : std::size_t{8}};
    if (!bytes || bytes->size() != static_cast<std::size_t>(storage.elements) * elements.width)
        throw InputError(at, fmt::format("found {} bytes of the storage {}; expected {} elements of {} bytes",
                                         bytes ? bytes->size() : 0, in_quotes(storage.key), storage.elements, elements.width));
    double last = static_cast<double>(tensor.integer), all = 1;  // whatever the sizes are, they do not overflow
    for (std::size_t dimension = 0; dimension < tensor.shape.size(); ++dimension) {
        last += static_cast<double>(tensor.shape[dimension] - 1) * static_cast<double>(tensor.strides[dimension]);
        all *= static_cast<double>(tensor.shape[dimension]);
    }
    const auto most = static_cast<double>(storage.elements);
    if (tensor.integer < 0 || all < 1 || all > most || last >= most)
        throw InputError(at, fmt::format("found a tensor of the shape ({}) that does not lie within the {} elements of its "
                                         "storage; expected one that does, and is not empty",
                                         fmt::join(tensor.shape, ", "), storage.elements));
    return elements;
}

int layer_mentioned(const YamlNode& mention, long layers, bool of_any_layer) {
    const ArrayMention array = array_mention(mention);
    if (layers > 1 && !array.layer && !of_any_layer)
        throw InputError(mention.at, fmt::format("found {} layers in {}; expected which one, as {}#0", layers,
                                                 in_quotes(array.file), array.file));
    const int layer = array.layer.value_or(0);
    if (layer >= layers)
        throw InputError(mention.at, fmt::format("found layer {}; expected from 0 to {}, because the tensor has {}", layer,
                                                 layers - 1, layers));
    return layer;
}

void sum_passes(const Pickled& tensor, const Elements& elements, const Position& at, ExpertCounts& counts) {
    const std::size_t dimensions = tensor.strides.size();
    const long of_pass = dimensions == 3 ? tensor.strides[0] : 0, of_layer = tensor.strides[dimensions - 2],
               of_expert = tensor.strides[dimensions - 1];
    counts.counts.assign(static_cast<std::size_t>(counts.experts), 0);
    for (long pass = 0; pass < counts.passes; ++pass)
        for (long expert = 0; expert < counts.experts; ++expert) {
            const double count = elements.at(tensor.integer + pass * of_pass + counts.layer * of_layer + expert * of_expert);
            if (!(count >= 0 && count <= largest_count))
                throw InputError(at, fmt::format("found the count {} of expert {} in pass {}; expected from 0 to {:g}", count,
                                                 expert, pass, largest_count));
            counts.counts[static_cast<std::size_t>(expert)] += count;
        }
}

}  // namespace

bool is_expert_counts(const YamlNode& mention) {
    const std::string path = path_of_array(mention);
    std::error_code failed;
    if (!std::filesystem::is_regular_file(path, failed)) return array_mention(mention).file.ends_with(".pt");
    std::ifstream file(path, std::ios::binary);
    char start[4] = {};
    return file.read(start, sizeof start) && std::string_view(start, sizeof start) == "PK\x03\x04";
}

ExpertCounts read_expert_counts(const YamlNode& mention, bool of_any_layer) {
    name_value(mention, "file");
    const std::string path = path_of_array(mention);
    NpyStream stream(path, mention.text, mention.at);
    const Position at{std::make_shared<const TextName>(TextName{path, "."})};
    const std::string bytes = bytes_of(stream, at);
    const std::vector<ZipEntry> entries = stored_zip_entries(bytes, at);
    const std::string_view first = entries.empty() ? std::string_view() : entries.front().name;
    const std::string_view folder = first.substr(0, first.find('/'));
    const std::optional<std::string_view> pickle = entry_of(entries, folder, "data.pkl");
    if (!pickle) throw InputError(at, "found no data.pkl in the zip file; expected one that torch.save wrote");
    if (pickle->size() > largest_pickle)
        throw InputError(at, fmt::format("found a pickle of {} bytes; expected at most {}, as of one tensor of counts",
                                         pickle->size(), largest_pickle));
    if (entry_of(entries, folder, "byteorder").value_or("little") != "little")
        throw InputError(at, "found numbers in another byte order; expected little");
    const PickledValues values = read_tensor_pickle(*pickle, at);
    const Pickled& tensor = tensor_of(values, "logical_count", at);
    const std::vector<long>& shape = tensor.shape;
    if (shape.size() != 2 && shape.size() != 3)
        throw InputError(at, fmt::format("found the shape ({}) of logical_count; expected passes x layers x experts, or layers x "
                                         "experts",
                                         fmt::join(shape, ", ")));
    const Elements elements = elements_of(values, tensor, entries, folder, at);
    ExpertCounts counts;
    counts.passes = shape.size() == 3 ? shape[0] : 1;
    counts.layers = shape[shape.size() - 2];
    counts.experts = shape.back();
    counts.layer = layer_mentioned(mention, counts.layers, of_any_layer);
    sum_passes(tensor, elements, at, counts);
    counts.sha256 = stream.sha256();
    counts.path = path;
    return counts;
}

}  // namespace tokenyard
