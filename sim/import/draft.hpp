// SPDX-License-Identifier: Apache-2.0
// A YAML file that is put together key by key, with where each of them is from.
#pragma once

#include "input/error.hpp"
#include "model/case.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tokenyard {

/// Keys are paths such as `node.nics.count`; values are YAML. What the command line gives goes before what is said here.
class Draft {
public:
    /// Throws InputError, at "--set PATH", for a path that is none.
    explicit Draft(const std::vector<Override>& given);

    std::optional<std::string> given(const std::string& path) const;

    /// Has the key, unless the command line gives it, one above it, or some below it. The comment says where it is from.
    void say(const std::string& path, const std::string& value, const std::string& comment = {});

    /// Notes that the key has to be given, unless it is, or one above it is. `example` completes "--set PATH=".
    void ask(const std::string& path, const std::string& what, const std::string& example);

    /// The same of an option that is no key.
    void ask_option(const std::string& what, const std::string& option) { missing_.push_back(what + ": " + option); }

    /// What would bring what is missing otherwise: completes "expected what the file does not tell as options, or ...".
    void offer(const std::string& other) { other_ = other; }

    /// Whether it has the key by now.
    bool has(const std::string& path) const;

    /// A line of comment at the top.
    void remark(const std::string& line) { remarks_.push_back(line); }

    /// The file. Throws InputError, at `file`, that names all that was asked for and is not given.
    std::string yaml(const Position& file);

private:
    struct Leaf {
        std::vector<std::string> steps;
        std::string value, comment;
        bool is_given = false;
    };
    bool is_settled(const std::string& path) const;

    std::vector<Override> given_;
    std::vector<Leaf> leaves_;
    std::vector<std::string> remarks_, missing_;
    std::string other_;
};

/// In double quotes, so that any text of one line reads back as it is.
std::string yaml_quoted(std::string_view text);

}  // namespace tokenyard
