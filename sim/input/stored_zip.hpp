// SPDX-License-Identifier: Apache-2.0
// Zip files whose entries are not compressed, as PyTorch's are.
#pragma once

#include "input/error.hpp"

#include <string_view>
#include <vector>

namespace tokenyard {

struct ZipEntry {
    std::string_view name, bytes;
};

/// The entries, whose bytes are parts of `file`, in the order of its directory. Throws InputError, at `at`, for what is no whole
/// zip file, for more than one disk, for an entry that is compressed, encrypted or outside of the file, and for a name that comes
/// twice. Checksums are not looked at. Source: PKWARE, .ZIP File Format Specification 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16.
std::vector<ZipEntry> stored_zip_entries(std::string_view file, const Position& at);

}  // namespace tokenyard
