// SPDX-License-Identifier: Apache-2.0
#include "input/stored_zip.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <set>

namespace tokenyard {
namespace {

constexpr std::size_t local_header = 30, directory_header = 46, end_record = 22;  // bytes, without what varies
constexpr std::size_t longest_comment = 65535;

std::uint64_t number_at(std::string_view bytes, std::size_t at, std::size_t width) {
    std::uint64_t number = 0;
    for (std::size_t byte = 0; byte < width; ++byte)
        number |= std::uint64_t{static_cast<unsigned char>(bytes[at + byte])} << (8 * byte);
    return number;
}

/// Where the record at the end is.
std::size_t end_of_directory(std::string_view file, const Position& at) {
    const std::size_t first = file.size() > end_record + longest_comment ? file.size() - end_record - longest_comment : 0;
    for (std::size_t start = file.size() >= end_record ? file.size() - end_record + 1 : 0; start-- > first;)
        if (file.substr(start).starts_with("PK\x05\x06") && start + end_record + number_at(file, start + 20, 2) == file.size())
            return start;
    throw InputError(at, "found no directory at the end of the zip file; expected a whole file");
}

/// Bytes of the entry whose header in the directory is at `start`.
std::string_view bytes_of_entry(std::string_view file, std::size_t start, std::string_view name, const Position& at) {
    if (number_at(file, start + 10, 2) != 0 || (number_at(file, start + 8, 2) & 1) != 0)
        throw InputError(at, fmt::format("found the entry {}, which is compressed or encrypted; expected entries that are stored "
                                         "as they are, as torch.save writes them",
                                         in_quotes(name)));
    const std::size_t size = number_at(file, start + 24, 4), header = number_at(file, start + 42, 4);
    const bool is_inside = header + local_header <= file.size() && file.substr(header).starts_with("PK\x03\x04");
    const std::size_t first =
        is_inside ? header + local_header + number_at(file, header + 26, 2) + number_at(file, header + 28, 2) : file.size() + 1;
    if (number_at(file, start + 20, 4) != size || first > file.size() || size > file.size() - first)
        throw InputError(
            at, fmt::format("found the entry {}, which is not where the directory says; expected a whole file", in_quotes(name)));
    return file.substr(first, size);
}

}  // namespace

std::vector<ZipEntry> stored_zip_entries(std::string_view file, const Position& at) {
    const std::size_t end = end_of_directory(file, at);
    const std::size_t count = number_at(file, end + 10, 2);
    if (number_at(file, end + 4, 4) != 0 || number_at(file, end + 8, 2) != count)
        throw InputError(at, "found a part of a zip file of several; expected a whole file");
    std::vector<ZipEntry> entries;
    std::set<std::string_view> names;
    std::size_t start = number_at(file, end + 16, 4);
    for (std::size_t entry = 0; entry < count; ++entry) {
        if (start > end || end - start < directory_header || !file.substr(start).starts_with("PK\x01\x02"))
            throw InputError(
                at, fmt::format("found {} entries in the directory of the zip file; expected the {} that it says", entry, count));
        const std::size_t name_size = number_at(file, start + 28, 2);
        const std::string_view name = file.substr(start + directory_header, std::min(name_size, end - start - directory_header));
        if (!names.insert(name).second)
            throw InputError(at, fmt::format("found the entry {} twice; expected each once", in_quotes(name)));
        entries.push_back({name, bytes_of_entry(file, start, name, at)});
        start += directory_header + name_size + number_at(file, start + 30, 2) + number_at(file, start + 32, 2);
    }
    return entries;
}

}  // namespace tokenyard
