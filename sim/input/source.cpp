// SPDX-License-Identifier: Apache-2.0
#include "input/source.hpp"

#include "input/foreign.hpp"
#include "input/nearest.hpp"

#include <openssl/evp.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>

namespace tokenyard {
namespace fs = std::filesystem;

namespace {

/// Folders with topologies/, workloads/, studies/, parts/ and validation/: named by the environment, in the source tree,
/// installed.
std::vector<fs::path> preset_roots() {
    std::vector<fs::path> roots;
    if (const char* named = std::getenv("TOKENYARD_PRESETS")) roots.emplace_back(named);
    std::error_code failed;
    const fs::path program = fs::read_symlink("/proc/self/exe", failed);
    if (failed) return roots;
    const fs::path above = program.parent_path().parent_path();
    roots.push_back(above);
    roots.push_back(above / "share" / "tokenyard");
    return roots;
}

std::string_view folder_of(PresetKind kind) {
    switch (kind) {
        case PresetKind::cluster: return "topologies";
        case PresetKind::workload: return "workloads";
        case PresetKind::calibration: return "validation/calibrated";
        case PresetKind::record: return "validation/reference";
        case PresetKind::study: return "studies";
        case PresetKind::chip: return "parts/chips";
        case PresetKind::nic: return "parts/nics";
        case PresetKind::host: return "parts/hosts";
        case PresetKind::library: return "parts/libraries";
    }
    return "";
}

std::string presets_in_words(const std::string& said, PresetKind kind) {
    std::vector<std::string> names;
    for (const Preset& preset : presets(kind)) names.push_back(preset.name);
    if (names.empty()) return "a path, as no presets are installed";
    return fmt::format("a path or one of the presets {}{}", fmt::join(names, ", "), did_you_mean(said, names));
}

/// Length of the UTF-8 sequence at `at`, or 0 if there is none.
std::size_t utf8_length(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(at + i < text.size() ? text[at + i] : 0); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) return 1;
    const std::size_t length = lead >= 0xC2 && lead < 0xE0   ? 2
                               : lead >= 0xE0 && lead < 0xF0 ? 3
                               : lead >= 0xF0 && lead < 0xF5 ? 4
                                                             : 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xC0) != 0x80) return 0;
    const bool is_too_long = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
    const bool is_no_character =
        (lead == 0xED && byte(1) >= 0xA0) || (lead == 0xF4 && byte(1) >= 0x90);  // surrogates, above U+10FFFF
    return is_too_long || is_no_character ? 0 : length;
}

/// Looked for where the first bytes are no text.
bool is_chakra(std::string_view text) {
    constexpr std::size_t length_and_tag = 5;
    const auto is_no_text = [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x09 || byte >= 0x80 || byte == 0x12;
    };
    if (std::ranges::none_of(text.substr(0, length_and_tag), is_no_text)) return false;
    const ForeignKind* kind = foreign_kind_of(text);
    return kind && kind->name == "chakra";
}

void check_is_text(const SourceText& source) {
    const bool is_binary =
        source.text.starts_with("\x93NUMPY") || source.text.starts_with("PK\x03\x04") || is_chakra(source.text);
    if (is_binary || source.text.find('\x1b') != std::string::npos) refuse_foreign(source.text, source.start);
    Position at = source.start;
    const std::string_view text = source.text;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = utf8_length(text, i);
        const unsigned char byte = static_cast<unsigned char>(text[i]);
        const bool is_control = (byte < 0x20 || byte == 0x7F) && byte != '\t' && byte != '\n' && byte != '\r';
        if (length == 0 || is_control) throw InputError(at, fmt::format("found byte 0x{:02x}; expected UTF-8 text", byte));
        i += length;
        at = byte == '\n' ? Position{at.text, at.line + 1, 1} : Position{at.text, at.line, at.column + 1};
    }
}

std::string read_all(std::FILE* file, const Position& mention, std::string_view name, std::size_t limit) {
    std::string text;
    char buffer[1 << 16];
    while (const std::size_t got = std::fread(buffer, 1, sizeof buffer, file)) {
        text.append(buffer, got);
        if (text.size() > limit)
            throw InputError(mention,
                             fmt::format("found more than {} bytes in {}; expected at most {}", limit, in_quotes(name), limit));
        if (std::memchr(buffer, 0, got)) return text;  // no text: check_is_text refuses it, however much follows
    }
    if (std::ferror(file))
        throw InputError(mention, fmt::format("found {}, which cannot be read ({}); expected a file that can", in_quotes(name),
                                              std::strerror(errno)));
    return text;
}

/// `shown` is what messages call the file, `name` what the user calls it.
SourceText read_path(const std::string& name, const std::string& shown, const fs::path& path, const Position& mention,
                     std::size_t limit, bool is_printed = false) {
    SourceText source{{std::make_shared<const TextName>(TextName{shown, path.parent_path().string()})}, path.string(), {}};
    std::error_code failed;
    if (fs::is_directory(path, failed))
        throw InputError(mention, fmt::format("found a directory {}; expected a file", in_quotes(name)));
    if (const auto size = fs::file_size(path, failed); !failed && size > limit)
        throw InputError(mention, fmt::format("found {} bytes in {}; expected at most {}", size, in_quotes(name), limit));
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
    if (!file)
        throw InputError(mention, fmt::format("found {}, which cannot be opened ({}); expected a file that can", in_quotes(name),
                                              std::strerror(errno)));
    source.text = read_all(file.get(), mention, name, limit);
    if (is_printed) source.text = without_colours(source.text);
    check_is_text(source);
    return source;
}

SourceText read_stdin(std::size_t limit, bool is_printed) {
    SourceText source = source_of("<stdin>", {});
    source.text = read_all(stdin, source.start, "-", limit);
    if (is_printed) source.text = without_colours(source.text);
    check_is_text(source);
    return source;
}

}  // namespace

SourceText read_printed_source(const std::string& name, std::size_t limit) {
    if (name == "-") return read_stdin(limit, true);
    return read_path(name, name, name, {std::make_shared<const TextName>(TextName{name, "."})}, limit, true);
}

SourceText source_of(const std::string& shown, std::string text) {
    return {{std::make_shared<const TextName>(TextName{shown, "."})}, "-", std::move(text)};
}

SourceText read_source(const std::string& name, std::size_t limit) {
    if (name != "-") return read_path(name, name, name, {std::make_shared<const TextName>(TextName{name, "."})}, limit);
    return read_stdin(limit, false);
}

SourceText read_source(const std::string& name, PresetKind kind, std::size_t limit) {
    const Position mention{std::make_shared<const TextName>(TextName{name, "."})};
    std::error_code failed;
    if (name == "-" || fs::exists(name, failed)) return read_source(name, limit);
    for (const Preset& preset : presets(kind))
        if (preset.name == name) return read_path(name, name, preset.path, mention, limit);
    for (const PresetKind other : preset_kinds)
        for (const Preset& preset : presets(other))
            if (preset.name == name)
                throw InputError(mention, fmt::format("found the name of a {}; expected a {}", name_of(other), name_of(kind)));
    throw InputError(mention, fmt::format("found no such file; expected {}", presets_in_words(name, kind)));
}

SourceText read_mentioned_source(const std::string& name, const Position& mention, std::size_t limit) {
    const bool is_from_here = mention.text->directory == ".";
    const fs::path path = is_from_here ? fs::path(name) : fs::path(mention.text->directory) / name;  // absolute names stay
    return read_path(name, path.string(), path, mention, limit);
}

std::string_view name_of(PresetKind kind) {
    switch (kind) {
        case PresetKind::cluster: return "cluster";
        case PresetKind::workload: return "workload";
        case PresetKind::calibration: return "calibration";
        case PresetKind::record: return "record";
        case PresetKind::study: return "study";
        case PresetKind::chip: return "chip";
        case PresetKind::nic: return "nic";
        case PresetKind::host: return "host";
        case PresetKind::library: return "library";
    }
    return "";
}

namespace {

EVP_MD_CTX* digest_of(const std::shared_ptr<void>& state) { return static_cast<EVP_MD_CTX*>(state.get()); }

void expect_success(int result) {
    if (result != 1) throw std::runtime_error("SHA-256 failed in OpenSSL");
}

}  // namespace

Sha256::Sha256() : state_(EVP_MD_CTX_new(), [](void* state) { EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(state)); }) {
    if (!state_) throw std::bad_alloc();
    expect_success(EVP_DigestInit_ex(digest_of(state_), EVP_sha256(), nullptr));
}

void Sha256::add(std::string_view bytes) { expect_success(EVP_DigestUpdate(digest_of(state_), bytes.data(), bytes.size())); }

std::string Sha256::text() {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    expect_success(EVP_DigestFinal_ex(digest_of(state_), digest, &length));
    std::string hexadecimal;
    for (unsigned int i = 0; i < length; ++i) hexadecimal += fmt::format("{:02x}", digest[i]);
    return hexadecimal;
}

std::string sha256(std::string_view text) {
    Sha256 hash;
    hash.add(text);
    return hash.text();
}

std::string shipped_file(const std::string& name) {
    std::error_code failed;
    for (const fs::path& root : preset_roots())
        if (fs::is_regular_file(root / name, failed)) return (root / name).string();
    return "";
}

std::vector<Preset> presets(PresetKind kind) {
    std::vector<Preset> found;
    for (const fs::path& root : preset_roots()) {
        std::error_code failed;
        for (const fs::directory_entry& entry : fs::directory_iterator(root / folder_of(kind), failed))
            if (entry.path().extension() == ".yaml") found.push_back({entry.path().stem().string(), entry.path().string()});
        if (!found.empty()) break;
    }
    std::sort(found.begin(), found.end(), [](const Preset& a, const Preset& b) { return a.name < b.name; });
    return found;
}

}  // namespace tokenyard
