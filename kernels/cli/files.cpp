// SPDX-License-Identifier: Apache-2.0
#include "cli/files.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace tokenyard::gpu {
namespace {

[[noreturn]] void fail(const std::string& doing, const std::string& file, int reason) {
    throw std::runtime_error("cannot " + doing + " '" + file + "': " + std::strerror(reason));
}

bool write_whole(std::FILE* stream, std::string_view text) {
    return std::fwrite(text.data(), 1, text.size(), stream) == text.size() && std::fflush(stream) == 0;
}

}  // namespace

std::string read_file(const std::string& file) {
    std::FILE* stream = std::fopen(file.c_str(), "rb");
    if (!stream) fail("read", file, errno);
    std::string text;
    char piece[65536];
    for (std::size_t count = 0; (count = std::fread(piece, 1, sizeof piece, stream)) > 0;) text.append(piece, count);
    const int reason = std::ferror(stream) ? errno : 0;
    std::fclose(stream);
    if (reason != 0) fail("read", file, reason);
    return text;
}

void write_output(const std::string& file, std::string_view text) {
    if (file == "-") {
        if (!write_whole(stdout, text)) fail("write", "standard output", errno);
        return;
    }
    const bool is_special = std::filesystem::exists(file) && !std::filesystem::is_regular_file(file);  // /dev/null, a pipe
    const std::string unfinished = is_special ? file : file + "." + std::to_string(getpid()) + ".part";
    std::FILE* stream = std::fopen(unfinished.c_str(), "wb");
    if (!stream) fail("write", file, errno);
    int reason = write_whole(stream, text) ? 0 : errno;
    if (std::fclose(stream) != 0 && reason == 0) reason = errno;
    if (reason == 0 && !is_special && std::rename(unfinished.c_str(), file.c_str()) != 0) reason = errno;
    if (reason == 0) return;
    if (!is_special) std::remove(unfinished.c_str());
    fail("write", file, reason);
}

}  // namespace tokenyard::gpu
