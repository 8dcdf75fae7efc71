// SPDX-License-Identifier: Apache-2.0
// Files as bytes: found by path or preset name, read whole, checked to be text, and hashed for the report.
#pragma once

#include "input/error.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tokenyard {

struct SourceText {
    Position start;    // line 1, column 1, with the name as the user gave it
    std::string path;  // where it was found; "-" for standard input
    std::string text;
};

/// A text that stands in no file, such as an option's value; relative names in it start from the working directory.
SourceText source_of(const std::string& shown, std::string text);

/// What kind of preset a bare name may stand for: the folder it is looked for in.
enum class PresetKind { cluster, workload, calibration, record, study, chip, nic, host, library };
/// Those that a bare name on the command line of `predict` may mean.
inline constexpr std::array preset_kinds{PresetKind::cluster, PresetKind::workload, PresetKind::calibration};
/// Parts, of which costs are composed; a later one goes before an earlier one.
inline constexpr std::array part_kinds{PresetKind::chip, PresetKind::nic, PresetKind::host, PresetKind::library};

/// "cluster", "workload", "calibration", "record", "study", "chip", "nic", "host", "library".
std::string_view name_of(PresetKind kind);

/// Reads a path, `-` (standard input), or the preset of that name when no such file exists.
/// Throws InputError when there is neither, when it is a directory, larger than `limit`, or not UTF-8 text.
SourceText read_source(const std::string& name, PresetKind kind, std::size_t limit);

/// The same where no preset is meant.
SourceText read_source(const std::string& name, std::size_t limit);

/// The same of what a program printed on a terminal: without the codes of colours.
SourceText read_printed_source(const std::string& name, std::size_t limit);

/// Reads a file that another text names at `mention`; relative names start from that text's folder. Errors as above.
SourceText read_mentioned_source(const std::string& name, const Position& mention, std::size_t limit);

/// SHA-256 of bytes that come piece by piece.
class Sha256 {
public:
    Sha256();
    void add(std::string_view bytes);
    /// Lower-case hexadecimal. Once, after all bytes.
    std::string text();

private:
    std::shared_ptr<void> state_;
};

/// Lower-case hexadecimal SHA-256 of the bytes.
std::string sha256(std::string_view text);

struct Preset {
    std::string name, path;
};
/// The path of a file that is shipped beside the presets, such as validation/judged_rows.csv; empty where it is not.
std::string shipped_file(const std::string& name);
/// The shipped files of a kind, by name. Empty when none are installed.
std::vector<Preset> presets(PresetKind kind);

}  // namespace tokenyard
