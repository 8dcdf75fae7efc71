// SPDX-License-Identifier: Apache-2.0
#include "input/nearest.hpp"

#include "input/synonyms.hpp"

#include <algorithm>
#include <cctype>
#include <limits>
#include <utility>

namespace tokenyard {
namespace {

constexpr std::size_t longest_word = 64;  // what is longer is no slip of one word

std::string plain(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of('-'), text.size()));
    std::string letters;
    for (const char letter : text)
        letters += letter == '_' || letter == ' ' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    return letters;
}

/// Letters left out, put in, changed, or two beside each other swapped.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before, above(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1])});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before = std::exchange(above, row);
    }
    return above[b.size()];
}

/// How many slips there may be before it is another word.
std::size_t most_slips(std::size_t length) { return length < 3 ? 0 : length < 6 ? 1 : std::min<std::size_t>(length / 3, 3); }

template <class IsMeant>
std::vector<std::string> those(std::span<const std::string_view> known, const IsMeant& is_meant) {
    constexpr std::size_t most = 3;
    std::vector<std::string> found;
    for (const std::string_view word : known)
        if (found.size() < most && is_meant(word)) found.emplace_back(word);
    return found;
}

std::vector<std::string> by_synonym(std::string_view said, std::span<const std::string_view> known) {
    // The case of a letter tells bits from bytes: as it is written first.
    for (const bool is_exact : {true, false}) {
        const auto stands_for = [&](std::string_view word) {
            return std::ranges::any_of(synonyms, [&](const Synonym& each) {
                return each.meant == word && (is_exact ? each.said == said : plain(each.said) == plain(said));
            });
        };
        if (std::vector<std::string> found = those(known, stands_for); !found.empty()) return found;
    }
    return {};
}

}  // namespace

std::vector<std::string> nearest(std::string_view said, std::span<const std::string_view> known) {
    if (said.empty() || said.size() > longest_word) return {};
    if (std::vector<std::string> found = by_synonym(said, known); !found.empty()) return found;
    const std::string letters = plain(said);
    std::size_t least = std::numeric_limits<std::size_t>::max();
    for (const std::string_view word : known)
        if (word.size() <= longest_word) least = std::min(least, distance(letters, plain(word)));
    if (least <= most_slips(letters.size()))
        return those(
            known, [&](std::string_view word) { return word.size() <= longest_word && distance(letters, plain(word)) == least; });
    if (letters.size() < 3) return {};
    std::vector<std::string> found = those(known, [&](std::string_view word) { return plain(word).starts_with(letters); });
    if (found.empty())
        found = those(known, [&](std::string_view word) { return plain(word).find(letters) != std::string::npos; });
    return found;
}

std::string did_you_mean(const std::vector<std::string>& meant) {
    std::string text;
    for (std::size_t i = 0; i < meant.size(); ++i) text += (i == 0 ? "" : i + 1 < meant.size() ? ", " : " or ") + meant[i];
    return text.empty() ? text : "; did you mean " + text + "?";
}

std::string did_you_mean(std::string_view said, std::span<const std::string_view> known) {
    return did_you_mean(nearest(said, known));
}

std::string did_you_mean(std::string_view said, const std::vector<std::string>& known) {
    const std::vector<std::string_view> views(known.begin(), known.end());
    return did_you_mean(said, std::span(views));
}

}  // namespace tokenyard
