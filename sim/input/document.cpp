// SPDX-License-Identifier: Apache-2.0
#include "input/document.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <sstream>

namespace tokenyard {
namespace {

constexpr std::size_t deepest_level = 64;  // no real file comes near; recursion over a tree stays harmless
constexpr std::size_t most_keys = 1000;    // in a map; it is searched from its start
/// Values, and the characters in them, that all aliases of a document stand for. Aliases of aliases multiply, and whoever walks
/// through the tree meets each value as often as it is written out; what the file itself has is limited by its size.
constexpr std::size_t most_by_alias = 1'000'000;

/// Places of yaml-cpp's marks in a text. Its columns are bytes; people count characters.
class Places {
public:
    Places(const Position& start, std::string_view text) : start_(start), text_(text) {}

    Position operator()(const YAML::Mark& mark) {
        if (mark.is_null()) return start_;
        const std::size_t target = std::min(static_cast<std::size_t>(mark.pos), text_.size());
        const std::size_t line_start = target - std::min(static_cast<std::size_t>(mark.column), target);
        if (line_start != line_start_) line_start_ = at_ = line_start, characters_ = 0;
        while (at_ < target) characters_ += starts_character(at_++);  // from the last place: a line may have millions
        while (at_ > target) characters_ -= starts_character(--at_);
        return {start_.text, start_.line + mark.line, characters_ + 1};
    }

private:
    bool starts_character(std::size_t at) const { return (static_cast<unsigned char>(text_[at]) & 0xC0) != 0x80; }

    Position start_;
    std::string_view text_;
    std::size_t line_start_ = 0, at_ = 0;
    int characters_ = 0;
};

/// Builds the tree from the parser's events, because YAML::Node drops repeated keys and forgets places.
class TreeBuilder : public YAML::EventHandler {
public:
    TreeBuilder(const Position& start, std::string_view text) : text_(text), at_(start, text) {}

    YamlPtr root() const { return root_; }
    Position at(const YAML::Mark& mark) { return at_(mark); }

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        // The parser tells `~` from a value that is not there only by its place.
        const std::string_view here = text_.substr(std::min(static_cast<std::size_t>(mark.pos), text_.size()));
        const bool is_written =
            here.starts_with('~') || here.starts_with("null") || here.starts_with("Null") || here.starts_with("NULL");
        if (!is_written && !open_.empty() && open_.back().has_key)
            refuse(open_.back().key_at,
                   fmt::format("found nothing after {}; expected a value, or ~ for none", in_quotes(open_.back().key)));
        finish(std::make_shared<YamlNode>(YamlNode{YamlNode::Kind::nothing, at(mark), {}, false, {}, {}}), anchor, {0, 1});
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto known = anchors_.find(anchor);
        if (known == anchors_.end())
            throw InputError(at(mark), "found an alias inside the value it stands for; expected a plain value");
        const Extent& extent = known->second.extent;
        if (open_.size() + extent.levels > deepest_level) refuse_depth(mark);
        by_alias_ += extent.size;
        if (by_alias_ > most_by_alias)
            throw InputError(
                at(mark),
                fmt::format("found aliases that stand for more than {} values and characters; expected fewer", most_by_alias));
        finish(known->second.node, YAML::NullAnchor, extent);
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
        refuse_tag(mark, tag);
        const bool is_quoted = tag == "!";
        if (is_quoted) last_quoted_ = mark;
        finish(std::make_shared<YamlNode>(YamlNode{YamlNode::Kind::scalar, at(mark), value, is_quoted, {}, {}}), anchor,
               {0, 1 + value.size()});
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(YamlNode::Kind::list, mark, tag, anchor);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
        open(YamlNode::Kind::map, mark, tag, anchor);
    }
    void OnMapEnd() override { close(); }

    /// What the parser does not mind. Pre: it has come to the end of the document.
    void expect_complete() {
        expect_closed_quote();
        refusals_.expect_none();
    }

private:
    /// Of a value and what is in it, aliases written out.
    struct Extent {
        std::size_t levels = 1;
        std::size_t size = 1;  // values, and characters in them
    };
    struct Open {
        std::shared_ptr<YamlNode> node;
        YAML::anchor_t anchor;
        bool has_key = false;
        std::string key;
        Position key_at;
        Extent extent;
    };
    struct Anchored {
        YamlPtr node;
        Extent extent;
    };

    /// What does not keep the rest from being read.
    void refuse(const Position& at, const std::string& message) { refusals_.add({Refusal{at, message}}); }

    /// yaml-cpp takes the end of the text for the end of a quoted value.
    void expect_closed_quote() {
        if (last_quoted_.is_null()) return;
        const std::size_t start = text_.find_first_of("'\"|>", static_cast<std::size_t>(last_quoted_.pos));
        if (start == std::string_view::npos || text_[start] == '|' || text_[start] == '>') return;
        const char quote = text_[start];
        for (std::size_t i = start + 1; i < text_.size(); ++i) {
            if (quote == '"' && text_[i] == '\\') ++i;
            else if (quote == '\'' && text_.substr(i, 2) == "''") ++i;
            else if (text_[i] == quote) return;
        }
        throw InputError(at(last_quoted_), fmt::format("found no end of what {} opens; expected it once more", quote));
    }

    void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
        if (tag != "?" && tag != "!" && !tag.empty())
            throw InputError(at(mark), fmt::format("found tag {}; expected a plain value", in_quotes(tag)));
    }

    [[noreturn]] void refuse_depth(const YAML::Mark& mark) {
        throw InputError(at(mark), fmt::format("found more than {} levels of nesting; expected fewer", deepest_level));
    }

    void open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
        refuse_tag(mark, tag);
        if (open_.size() >= deepest_level) refuse_depth(mark);
        open_.push_back({std::make_shared<YamlNode>(YamlNode{kind, at(mark), {}, false, {}, {}}), anchor, false, {}, {}, {}});
    }

    void close() {
        const Open done = std::move(open_.back());
        open_.pop_back();
        finish(done.node, done.anchor, done.extent);
    }

    void finish(const YamlPtr& node, YAML::anchor_t anchor, const Extent& extent) {
        if (anchor != YAML::NullAnchor) anchors_[anchor] = {node, extent};
        if (open_.empty()) {
            root_ = node;
            return;
        }
        Open& parent = open_.back();
        parent.extent.levels = std::max(parent.extent.levels, extent.levels + 1);
        parent.extent.size += extent.size;
        if (parent.node->kind == YamlNode::Kind::list) {
            parent.node->items.push_back(node);
        } else if (!parent.has_key) {
            if (node->kind != YamlNode::Kind::scalar)
                throw InputError(node->at, fmt::format("found {} as a key; expected a name", describe(*node)));
            if (find(*parent.node, node->text))
                refuse(node->at, fmt::format("found key {} again; expected it once", in_quotes(node->text)));
            if (parent.node->entries.size() == most_keys)
                throw InputError(node->at, fmt::format("found more than {} keys in a map; expected fewer", most_keys));
            parent.has_key = true;
            parent.key = node->text;
            parent.key_at = node->at;
        } else {
            parent.node->entries.push_back({parent.key, parent.key_at, node});
            parent.has_key = false;
        }
    }

    std::string_view text_;
    Places at_;
    YamlPtr root_;
    std::vector<Open> open_;
    std::map<YAML::anchor_t, Anchored> anchors_;
    std::size_t by_alias_ = 0;  // the size of all that aliases stand for
    Refusals refusals_;         // of what does not keep the rest from being read
    YAML::Mark last_quoted_ = YAML::Mark::null_mark();
};

std::string lower_first(std::string text) {
    if (text.size() > 1 && std::isupper(static_cast<unsigned char>(text[0])) && std::islower(static_cast<unsigned char>(text[1])))
        text[0] = static_cast<char>(text[0] - 'A' + 'a');
    return text;
}

bool is_indented_by_tab(std::string_view text, const YAML::Mark& mark) {
    if (mark.is_null()) return false;
    const std::size_t at = std::min(static_cast<std::size_t>(mark.pos), text.size());
    const std::string_view line = text.substr(at - std::min(static_cast<std::size_t>(mark.column), at));
    return line.substr(0, line.find_first_not_of(" \t")).find('\t') != std::string_view::npos;
}

}  // namespace

YamlPtr parse_yaml(const SourceText& source) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";  // yaml-cpp does not count it
    std::string_view text = source.text;
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    TreeBuilder builder(source.start, text);
    std::istringstream stream{std::string(text)};
    try {
        YAML::Parser parser(stream);
        if (parser.HandleNextDocument(builder)) {
            builder.expect_complete();
            TreeBuilder rest(source.start, text);
            if (parser.HandleNextDocument(rest))
                throw InputError(rest.root() ? rest.root()->at : source.start, "found a second document; expected one in a file");
        }
    } catch (const YAML::Exception& problem) {
        const Position at = builder.at(problem.mark);
        if (is_indented_by_tab(text, problem.mark))
            throw InputError({at.text, at.line, 1}, "found a tab in the indentation; expected spaces");
        throw InputError(at, fmt::format("found broken YAML ({}); expected key: value", lower_first(problem.msg)));
    }
    if (builder.root()) return builder.root();
    return std::make_shared<YamlNode>(YamlNode{YamlNode::Kind::nothing, source.start, {}, false, {}, {}});
}

const YamlEntry* find(const YamlNode& map, std::string_view key) {
    for (const YamlEntry& entry : map.entries)
        if (entry.key == key) return &entry;
    return nullptr;
}

std::string describe(const YamlNode& node) {
    switch (node.kind) {
        case YamlNode::Kind::nothing: return "nothing";
        case YamlNode::Kind::list: return "a list";
        case YamlNode::Kind::map: return "a map";
        case YamlNode::Kind::scalar: break;
    }
    return in_quotes(node.text);
}

}  // namespace tokenyard
