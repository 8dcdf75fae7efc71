// SPDX-License-Identifier: Apache-2.0
// What a chip says of its GPU, memory and rates, so that a cluster which names the chip need not.
#pragma once

#include "input/parts.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tokenyard {

struct ClusterWithChips {
    YamlPtr root;
    std::vector<InputFile> chips;           // those, with their bases, that give something which the cluster does not
    std::vector<std::string> guessed = {};  // chips that its GPUs' names say, where it names none: a sentence each
};

/// The shipped chip that a GPU is called after, such as h100_sxm for "H100 SXM5 80GB"; empty where none is, or several.
std::string chip_called(std::string_view model);

/// The cluster with what each chip gives under `gpu` below the node.gpu that names it: what the cluster writes goes before it. A
/// GPU without a chip has the one that it is called after; `chip: ~` says that it has none.
/// Throws InputError for a chip that is not there or gives what it cannot.
ClusterWithChips with_chips(const YamlPtr& cluster, const ReadDocument& read);

/// Appends the files that are not there yet.
void add_files(const std::vector<InputFile>& more, std::vector<InputFile>& files);

}  // namespace tokenyard
