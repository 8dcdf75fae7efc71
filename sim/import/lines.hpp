// SPDX-License-Identifier: Apache-2.0
// Lines and words of what programs print.
#pragma once

#include <string_view>
#include <vector>

namespace tokenyard {

struct TextLine {
    std::string_view text;  // without its end
    int number = 0;         // from 1
};
std::vector<TextLine> text_lines(std::string_view text);

struct Word {
    std::string_view text;
    int column = 0;  // from 1
};
/// What stands between blanks and tabs.
std::vector<Word> words_of(std::string_view line);

}  // namespace tokenyard
