// SPDX-License-Identifier: Apache-2.0
#include "input/id_array.hpp"

#include "input/npy_file.hpp"
#include "input/values.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>

namespace tokenyard {
namespace {

constexpr std::size_t piece = std::size_t{1} << 20;  // bytes read at once, a token at least
constexpr long most_ids = 1L << 29;                  // of a layer, as of a workload
constexpr long most_of_token = 1L << 22;             // ids of a token over all layers

NpyStream open(const YamlNode& mention) { return {path_of_array(mention), mention.text, mention.at}; }

struct Header {
    char kind = 'i';  // i or u
    long width = 0;   // bytes of an id
    long tokens = 0, layers = 1, k = 0;
    bool has_layers = false;
};

Header header_from(const NpyHeader& file, const Position& at) {
    Header header;
    for (const auto& [name, kind, width] : {std::tuple{"'<i2'", 'i', 2}, std::tuple{"'<i4'", 'i', 4}, std::tuple{"'<i8'", 'i', 8},
                                            std::tuple{"'|u1'", 'u', 1}, std::tuple{"'<u2'", 'u', 2}})
        if (file.type == name) header.kind = kind, header.width = width;
    if (header.width == 0)
        throw InputError(at, fmt::format("found an array of {}; expected ids of int16, int32, int64, uint8 or uint16",
                                         file.type.empty() ? "no type" : file.type));
    if (file.is_fortran_ordered)
        throw InputError(at, "found an array in Fortran's order; expected C's, which numpy.ascontiguousarray gives");
    const std::vector<long>& shape = file.shape;
    if (shape.size() != 2 && shape.size() != 3)
        throw InputError(
            at, fmt::format("found the shape {}; expected tokens x layers x k, or tokens x k", in_quotes(file.shape_text)));
    header.has_layers = shape.size() == 3;
    header.tokens = shape[0];
    header.layers = header.has_layers ? shape[1] : 1;
    header.k = shape.back();
    if (header.tokens < 1 || header.layers < 1 || header.k < 1 || header.tokens > most_ids / header.k ||
        header.layers > most_of_token / header.k)
        throw InputError(
            at, fmt::format("found the shape {}; expected at least one token and at most {} ids of a layer, {} of a token",
                            in_quotes(file.shape_text), most_ids, most_of_token));
    return header;
}

long id_at(const char* bytes, const Header& header) {
    const auto as = [&]<class Number>(Number value) {
        std::memcpy(&value, bytes, sizeof value);  // little-endian, as every machine that this runs on
        return static_cast<long>(value);
    };
    if (header.width == 1) return as(std::uint8_t{});
    if (header.width == 2) return header.kind == 'u' ? as(std::uint16_t{}) : as(std::int16_t{});
    return header.width == 4 ? as(std::int32_t{}) : as(std::int64_t{});
}

/// Appends the ids of one token, or marks it.
void add_token(const char* bytes, const Header& header, long token, const Model& model, const Position& at, RoutedIds& ids) {
    const std::size_t first = ids.expert_ids.size();
    long masked = 0;
    for (long choice = 0; choice < header.k; ++choice) {
        const long expert = id_at(bytes + choice * header.width, header);
        masked += expert == -1;
        if (expert == -1) continue;
        if (expert < 0 || expert >= model.experts)
            throw InputError(
                at, fmt::format("found expert {} of token {}; expected from 0 to {}, or -1 for all of a masked token's", expert,
                                token, model.experts - 1));
        if (std::find(ids.expert_ids.begin() + static_cast<long>(first), ids.expert_ids.end(), expert) != ids.expert_ids.end())
            throw InputError(at, fmt::format("found expert {} twice for token {}; expected each once", expert, token));
        ids.expert_ids.push_back(static_cast<std::uint16_t>(expert));
    }
    if (masked != 0 && masked != header.k)
        throw InputError(
            at, fmt::format("found {} of {} ids of token {} masked by -1; expected none or all", masked, header.k, token));
    ids.is_masked.push_back(masked > 0);
}

}  // namespace

ArrayMention array_mention(const YamlNode& mention) {
    const std::size_t hash = mention.text.rfind('#');
    int layer = 0;
    const char* end = mention.text.data() + mention.text.size();
    if (hash == std::string::npos || hash == 0) return {mention.text, {}};
    const auto [parsed, error] = std::from_chars(mention.text.data() + hash + 1, end, layer);
    if (error != std::errc{} || parsed != end || layer < 0) return {mention.text, {}};
    return {mention.text.substr(0, hash), layer};
}

std::string path_of_array(const YamlNode& mention) { return path_of_mention(array_mention(mention).file, mention.at); }

bool is_id_array(const YamlNode& mention) {
    const std::string path = path_of_array(mention);
    std::error_code failed;
    return std::filesystem::is_regular_file(path, failed) ? is_npy_file(path) : array_mention(mention).file.ends_with(".npy");
}

RoutedIds read_routed_ids(const YamlNode& mention, const Model& model) {
    name_value(mention, "file");
    const ArrayMention array = array_mention(mention);
    NpyStream stream = open(mention);
    const Position at{std::make_shared<const TextName>(TextName{path_of_array(mention), "."})};
    const Header header = header_from(read_npy_header(stream, at), at);
    if (header.k != model.experts_per_token)
        throw InputError(at, fmt::format("found {} ids of a token; expected the model's {} experts_per_token", header.k,
                                         model.experts_per_token));
    if (header.layers > 1 && !array.layer)
        throw InputError(mention.at, fmt::format("found {} layers in {}; expected which one, as {}#0", header.layers,
                                                 in_quotes(array.file), array.file));
    const long layer = array.layer.value_or(0);
    if (layer >= header.layers)
        throw InputError(mention.at, fmt::format("found layer {}; expected from 0 to {}, because the array has {}", layer,
                                                 header.layers - 1, header.layers));
    const std::size_t of_layer = static_cast<std::size_t>(header.k * header.width),
                      of_token = of_layer * static_cast<std::size_t>(header.layers);
    const std::size_t at_once = std::max<std::size_t>(1, piece / of_token);
    std::vector<char> bytes(at_once * of_token);
    RoutedIds ids;
    for (long token = 0; token < header.tokens;) {
        const std::size_t want = std::min(at_once, static_cast<std::size_t>(header.tokens - token));
        const std::size_t got = stream.take(bytes.data(), want * of_token) / of_token;
        if (got != want)
            throw InputError(
                at, fmt::format("found {} tokens; expected the {} of the header", token + static_cast<long>(got), header.tokens));
        for (std::size_t one = 0; one < got; ++one, ++token)
            add_token(bytes.data() + one * of_token + static_cast<std::size_t>(layer) * of_layer, header, token, model, at, ids);
    }
    if (stream.take(bytes.data(), 1) != 0)
        throw InputError(at, fmt::format("found more bytes than the header's {} tokens; expected none", header.tokens));
    ids.sha256 = stream.sha256();
    ids.path = path_of_array(mention);
    return ids;
}

std::string sha256_of_array(const YamlNode& mention) {
    NpyStream stream = open(mention);
    std::vector<char> bytes(piece);
    while (stream.take(bytes.data(), bytes.size()) > 0) {
    }
    return stream.sha256();
}

}  // namespace tokenyard
