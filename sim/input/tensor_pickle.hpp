// SPDX-License-Identifier: Apache-2.0
// What torch.save pickles of dictionaries, lists and tensors. Nothing in the file is carried out: a class or a function is a
// name, of which few are known.
#pragma once

#include "input/error.hpp"

#include <string_view>
#include <vector>

namespace tokenyard {

struct Pickled {
    enum class Kind { nothing, boolean, integer, real, text, tuple, list, map, name, storage, tensor };
    Kind kind = Kind::nothing;
    long integer = 0;                  // boolean and integer
    std::string_view text;             // text, and a name as "MODULE.NAME"; of a storage its type, "torch.LongStorage"
    std::vector<int> items;            // values of a tuple or a list; key and value in turn of a map
    std::string_view key;              // of a storage: the entry of the zip file
    long elements = 0;                 // of a storage
    int storage = -1;                  // of a tensor, whose first element is `integer`
    std::vector<long> shape, strides;  // of a tensor, in elements
};

/// Values of a pickle, each named by its index; several may share one, and one may hold itself.
struct PickledValues {
    std::vector<Pickled> all;
    int root = 0;

    const Pickled& at(int index) const { return all[static_cast<std::size_t>(index)]; }
};

/// Reads a pickle of protocol 2 that has nothing but None, booleans, numbers, texts, tuples, lists, dictionaries and tensors.
/// A view in the result is of `pickle`. Throws InputError, at `at`, with the offset of the byte, for any other opcode or name.
/// Source: CPython 3.12, Lib/pickletools.py; PyTorch 2.5, torch/serialization.py and torch/_tensor.py.
PickledValues read_tensor_pickle(std::string_view pickle, const Position& at);

}  // namespace tokenyard
