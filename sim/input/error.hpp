// SPDX-License-Identifier: Apache-2.0
// The one way in which input is refused.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tokenyard {

/// A text that is read, as messages call it, and the folder that relative names in it start from.
struct TextName {
    std::string shown, directory;
};

/// A place in a text as people count it: lines and columns from 1.
struct Position {
    std::shared_ptr<const TextName> text;
    int line = 1, column = 1;
};

/// What the user wrote, in quotes and cut after some 60 bytes, for messages.
std::string in_quotes(std::string_view text);

/// One thing that is wrong: "found X; expected Y", and where.
struct Refusal {
    Position at;
    std::string message;
};

/// What the user gave is wrong. what() has a line "file:line:column: error: found X; expected Y" for each thing that is: control
/// characters out of names and values are spelt \n, \x00 and so on.
class InputError : public std::runtime_error {
public:
    InputError(const Position& position, const std::string& message);
    /// Several at once: each once, by place, of the files that come first the first; 20 of them, and how many more there are.
    /// None is for whoever finds that what is wrong was said already.
    explicit InputError(std::vector<Refusal> refusals);

    const std::vector<Refusal>& refusals() const { return *refusals_; }
    /// The first, and how many more there are, for where a line is all there is.
    std::string on_one_line() const;

private:
    std::shared_ptr<const std::vector<Refusal>> refusals_;  // shared: errors are copied while they are thrown
};

/// What is wrong with a text whose parts are read one by one, each although others were refused, so that all is said at once.
/// What cannot be judged without a part that was refused must be left alone: it would be nonsense.
class Refusals {
public:
    /// Gives whether `read` refused nothing.
    template <class Read>
    bool attempt(const Read& read) {
        try {
            read();
            return true;
        } catch (const InputError& error) {
            add(error.refusals());
            return false;
        }
    }
    void add(const std::vector<Refusal>& more);

    /// Throws all that was refused, if anything was.
    void expect_none() const;

private:
    std::vector<Refusal> all_;
    bool is_any_ = false;
};

}  // namespace tokenyard
