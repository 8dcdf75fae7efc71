// SPDX-License-Identifier: Apache-2.0
// Routed expert ids as inference engines return them: a NumPy file of tokens x layers x k.
#pragma once

#include "input/document.hpp"
#include "model/workload.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tokenyard {

/// A file that is mentioned, without "#3" at its end, which names a layer.
struct ArrayMention {
    std::string file;
    std::optional<int> layer;
};
ArrayMention array_mention(const YamlNode& mention);

/// Where that file is.
std::string path_of_array(const YamlNode& mention);

/// Whether it is a NumPy file. False for what cannot be opened.
bool is_id_array(const YamlNode& mention);

/// One layer of the ids.
struct RoutedIds {
    std::vector<bool> is_masked;            // of each token of the file
    std::vector<std::uint16_t> expert_ids;  // k of each token that is not masked
    std::string sha256;                     // of the whole file
    std::string path;
};

/// Reads the layer that is mentioned of an array of int16, int32, int64 or uint8, tokens x layers x k or tokens x k, a piece of
/// the file at a time. A token whose ids all are -1 is masked. Throws InputError for another array, for an array of several
/// layers where none is mentioned, and for ids that are none of the model's, or that a token has twice, or that are masked in
/// part.
RoutedIds read_routed_ids(const YamlNode& mention, const Model& model);

/// Lower-case hexadecimal SHA-256 of a file's bytes, read a piece at a time. Throws InputError at the mention.
std::string sha256_of_array(const YamlNode& mention);

}  // namespace tokenyard
