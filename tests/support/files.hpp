// SPDX-License-Identifier: Apache-2.0
// A folder of a test's own that is gone afterwards.
#pragma once

#include <string>
#include <string_view>

namespace tokenyard {

class TemporaryFolder {
public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    /// Writes a file and gives its path.
    std::string write(const std::string& name, std::string_view text) const;
    std::string path(const std::string& name) const { return path_ + "/" + name; }
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

std::string read_file(const std::string& path);

/// The same output with "(sha256 ...)" for each "(sha256 1a22d87d846a)": hashes change with every comment in a file that people
/// edit.
std::string without_hashes(const std::string& output);

}  // namespace tokenyard
