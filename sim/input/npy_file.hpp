// SPDX-License-Identifier: Apache-2.0
// NumPy's files of one array, read a piece at a time.
#pragma once

#include "input/error.hpp"
#include "input/source.hpp"

#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace tokenyard {

/// What stands before the values, as the file has it.
struct NpyHeader {
    std::string type;  // with its quotes: "'<i4'"; empty: none
    bool is_fortran_ordered = false;
    std::vector<long> shape;
    std::string shape_text;  // "(4, 2, 2)", for messages
};

/// The path of a file that a text mentions: relative names start from that text's folder.
std::string path_of_mention(const std::string& file, const Position& mention);

/// Whether the file is NumPy's. False for what cannot be opened.
bool is_npy_file(const std::string& path);

/// Bytes one after another, counted and hashed.
class NpyStream {
public:
    /// Opens `path`. Throws InputError at `mention`, which called the file `name`.
    NpyStream(const std::string& path, const std::string& name, const Position& mention);

    /// Gives how many bytes there were; fewer at the end alone.
    std::size_t take(void* bytes, std::size_t count);
    /// Of what was taken.
    std::string sha256() { return hash_.text(); }

private:
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
    Position at_;
    Sha256 hash_;
};

/// NumPy's format, versions 1 to 3: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html.
/// Throws InputError, at `file`, for another one.
NpyHeader read_npy_header(NpyStream& stream, const Position& file);

}  // namespace tokenyard
