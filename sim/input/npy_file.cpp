// SPDX-License-Identifier: Apache-2.0
#include "input/npy_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <string_view>

namespace tokenyard {
namespace {

constexpr std::string_view magic = "\x93NUMPY";

/// The value of a key of the header, which is a Python dictionary as NumPy writes it: up to the comma outside parentheses.
std::string_view value_in(std::string_view dictionary, std::string_view key) {
    const std::size_t at = dictionary.find(fmt::format("'{}':", key));
    if (at == std::string_view::npos) return {};
    std::string_view rest = dictionary.substr(at + key.size() + 3);
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    const std::size_t end = rest.starts_with('(') ? rest.find(')') + 1 : rest.find_first_of(",}");
    return rest.substr(0, end);
}

std::vector<long> shape_in(std::string_view text) {
    std::vector<long> shape;
    while (!text.empty()) {
        const std::size_t start = text.find_first_of("0123456789");
        if (start == std::string_view::npos) break;
        long size = 0;
        const auto [end, error] = std::from_chars(text.data() + start, text.data() + text.size(), size);
        if (error != std::errc{}) return {};
        shape.push_back(size);
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    }
    return shape;
}

}  // namespace

std::string path_of_mention(const std::string& file, const Position& mention) {
    const bool is_from_here = mention.text->directory == ".";
    return (is_from_here ? std::filesystem::path(file) : std::filesystem::path(mention.text->directory) / file).string();
}

bool is_npy_file(const std::string& path) {
    std::error_code failed;
    if (!std::filesystem::is_regular_file(path, failed)) return false;
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
    char start[6] = {};
    return file && std::fread(start, 1, sizeof start, file.get()) == sizeof start &&
           std::string_view(start, sizeof start) == magic;
}

NpyStream::NpyStream(const std::string& path, const std::string& name, const Position& mention)
    : file_(nullptr, std::fclose), at_(mention) {
    std::error_code failed;
    if (std::filesystem::is_directory(path, failed))
        throw InputError(mention, fmt::format("found a directory {}; expected a file", in_quotes(name)));
    file_.reset(std::fopen(path.c_str(), "rb"));
    if (!file_)
        throw InputError(mention, fmt::format("found {}, which cannot be opened ({}); expected a file that can", in_quotes(name),
                                              std::strerror(errno)));
}

std::size_t NpyStream::take(void* bytes, std::size_t count) {
    const std::size_t got = std::fread(bytes, 1, count, file_.get());
    if (std::ferror(file_.get()))
        throw InputError(at_, fmt::format("found a file that cannot be read ({}); expected one that can", std::strerror(errno)));
    hash_.add({static_cast<const char*>(bytes), got});
    return got;
}

NpyHeader read_npy_header(NpyStream& stream, const Position& file) {
    unsigned char start[8] = {};
    if (stream.take(start, sizeof start) != sizeof start || std::memcmp(start, magic.data(), magic.size()) != 0)
        throw InputError(file, "found no NumPy file; expected one that numpy.save wrote");
    unsigned char length[4] = {};
    const std::size_t digits = start[6] == 1 ? 2 : 4;
    if (start[6] < 1 || start[6] > 3 || stream.take(length, digits) != digits)
        throw InputError(file, fmt::format("found version {} of NumPy's format; expected 1 to 3", start[6]));
    const std::size_t size =
        length[0] + (std::size_t{length[1]} << 8) + (std::size_t{length[2]} << 16) + (std::size_t{length[3]} << 24);
    constexpr std::size_t largest_header = 65536;
    std::string dictionary(std::min(size, largest_header), ' ');
    if (size > largest_header || stream.take(dictionary.data(), size) != size)
        throw InputError(file, "found a header that is cut off; expected a whole file");
    const std::string_view shape = value_in(dictionary, "shape");
    return {std::string(value_in(dictionary, "descr")), value_in(dictionary, "fortran_order") != "False", shape_in(shape),
            std::string(shape)};
}

}  // namespace tokenyard
