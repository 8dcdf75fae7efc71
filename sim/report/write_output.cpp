// SPDX-License-Identifier: Apache-2.0
#include "report/report.hpp"

#include "testing/testing_point.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace tokenyard {
namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(const std::string& file, int reason) {
    throw std::runtime_error(fmt::format("cannot write '{}': {}", file, std::strerror(reason)));
}

/// Writes all of `text` to a path that is created or truncated; 0 or the reason.
int write_whole(const fs::path& path, std::string_view text, bool is_durable) {
    std::FILE* stream = std::fopen(path.c_str(), "wb");
    if (!stream) return errno;
    int reason = std::fwrite(text.data(), 1, text.size(), stream) == text.size() && std::fflush(stream) == 0 ? 0 : errno;
    if (reason == 0 && is_durable && fsync(fileno(stream)) != 0) reason = errno;
    if (std::fclose(stream) != 0 && reason == 0) reason = errno;
    return reason;
}

}  // namespace

void write_output(const std::string& file, std::string_view text) {
    if (file == "-") {
        if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
            fail("standard output", errno);
        return;
    }
    std::error_code unknown;
    const fs::file_status status = fs::status(file, unknown);
    if (fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status)) {
        if (const int reason = write_whole(file, text, false)) fail(file, reason);
        return;
    }
    if (fs::is_directory(status)) fail(file, EISDIR);
    const fs::path target =
        fs::is_symlink(fs::symlink_status(file, unknown)) ? fs::weakly_canonical(file, unknown) : fs::path(file);
    const fs::path unfinished = fmt::format("{}.{}.part", target.string(), getpid());
    if (const int reason = write_whole(unfinished, text, true)) {
        fs::remove(unfinished, unknown);
        fail(file, reason);
    }
    testing_point("report.output_written");
    if (std::rename(unfinished.c_str(), target.c_str()) != 0) {
        const int reason = errno;
        fs::remove(unfinished, unknown);
        fail(file, reason);
    }
}

}  // namespace tokenyard
