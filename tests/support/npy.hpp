// SPDX-License-Identifier: Apache-2.0
// NumPy files, as numpy.save writes them.
#pragma once

#include <string>
#include <vector>

namespace tokenyard {

/// `type` without quotes, "<i4"; `shape` as "(4, 2, 2)".
template <class Number>
std::string npy(const std::string& type, const std::string& shape, const std::vector<Number>& values, int version = 1,
                const std::string& is_fortran_ordered = "False") {
    std::string header = "{'descr': '" + type + "', 'fortran_order': " + is_fortran_ordered + ", 'shape': " + shape + ", }";
    const std::size_t before = version == 1 ? 10 : 12;
    while ((before + header.size() + 1) % 64 != 0) header += ' ';
    header += '\n';
    std::string text = std::string("\x93NUMPY") + static_cast<char>(version) + '\0';
    for (std::size_t byte = 0; byte < before - 8; ++byte) text += static_cast<char>(header.size() >> (8 * byte) & 0xFF);
    text += header;
    text.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Number));
    return text;
}

}  // namespace tokenyard
