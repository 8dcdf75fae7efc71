#include "input/document.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <span>
#include <sstream>

namespace tokenyard {
namespace {

constexpr std::size_t deepest_level = 64;  // no real file comes near; recursion over a tree stays harmless

/// Builds the tree from the parser's events, because YAML::Node drops repeated keys and forgets places.
class TreeBuilder : public YAML::EventHandler {
public:
    explicit TreeBuilder(const Position& start) : start_(start) {}

    YamlPtr root() const { return root_; }

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        finish(std::make_shared<YamlNode>(YamlNode{YamlNode::Kind::nothing, at(mark), {}, false, {}, {}}), anchor);
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto known = anchors_.find(anchor);
        if (known == anchors_.end())
            throw InputError(at(mark), "found an alias inside the value it stands for; expected a plain value");
        finish(known->second, YAML::NullAnchor);
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
        refuse_tag(mark, tag);
        const bool is_quoted = tag == "!";
        const bool is_nothing = !is_quoted && (value == "~" || value == "null");
        finish(std::make_shared<YamlNode>(
                   YamlNode{is_nothing ? YamlNode::Kind::nothing : YamlNode::Kind::scalar, at(mark), value, is_quoted, {}, {}}),
               anchor);
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

private:
    struct Open {
        std::shared_ptr<YamlNode> node;
        YAML::anchor_t anchor;
        bool has_key = false;
        std::string key;
        Position key_at;
    };

    Position at(const YAML::Mark& mark) const { return {start_.text, mark.line + 1, mark.column + 1}; }

    void refuse_tag(const YAML::Mark& mark, const std::string& tag) const {
        if (tag != "?" && tag != "!" && !tag.empty())
            throw InputError(at(mark), fmt::format("found tag '{}'; expected a plain value", tag));
    }

    void open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
        refuse_tag(mark, tag);
        if (open_.size() >= deepest_level)
            throw InputError(at(mark), fmt::format("found more than {} levels of nesting; expected fewer", deepest_level));
        open_.push_back({std::make_shared<YamlNode>(YamlNode{kind, at(mark), {}, false, {}, {}}), anchor, false, {}, {}});
    }

    void close() {
        const Open done = std::move(open_.back());
        open_.pop_back();
        finish(done.node, done.anchor);
    }

    void finish(const YamlPtr& node, YAML::anchor_t anchor) {
        if (anchor != YAML::NullAnchor) anchors_[anchor] = node;
        if (open_.empty()) {
            root_ = node;
            return;
        }
        Open& parent = open_.back();
        if (parent.node->kind == YamlNode::Kind::list) {
            parent.node->items.push_back(node);
        } else if (!parent.has_key) {
            if (node->kind != YamlNode::Kind::scalar)
                throw InputError(node->at, fmt::format("found {} as a key; expected a name", describe(*node)));
            if (find(*parent.node, node->text))
                throw InputError(node->at, fmt::format("found key '{}' again; expected it once", node->text));
            parent.has_key = true;
            parent.key = node->text;
            parent.key_at = node->at;
        } else {
            parent.node->entries.push_back({parent.key, parent.key_at, node});
            parent.has_key = false;
        }
    }

    Position start_;
    YamlPtr root_;
    std::vector<Open> open_;
    std::map<YAML::anchor_t, YamlPtr> anchors_;
};

std::string lower_first(std::string text) {
    if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] - 'A' + 'a');
    return text;
}

std::vector<std::string> split_path(const Position& at, const std::string& path) {
    std::vector<std::string> steps;
    std::istringstream stream(path);
    for (std::string step; std::getline(stream, step, '.');) steps.push_back(step);
    if (steps.empty() || path.back() == '.' || std::find(steps.begin(), steps.end(), "") != steps.end())
        throw InputError(at, fmt::format("found '{}'; expected keys joined by dots, such as node.nics.bandwidth", path));
    return steps;
}

YamlPtr set_at(const YamlPtr& here, std::span<const std::string> steps, const YamlPtr& value, const Position& at) {
    if (steps.empty()) return here ? merge(here, value) : value;
    const std::string& step = steps.front();
    if (here && here->kind == YamlNode::Kind::list) {
        const bool is_index = !step.empty() && step.size() < 7 && step.find_first_not_of("0123456789") == std::string::npos;
        const std::size_t index = is_index ? std::stoul(step) : here->items.size();
        if (index >= here->items.size())
            throw InputError(at,
                             fmt::format("found '{}' in a list of {}; expected an index below that", step, here->items.size()));
        YamlNode copy = *here;
        copy.items[index] = set_at(copy.items[index], steps.subspan(1), value, at);
        return std::make_shared<YamlNode>(std::move(copy));
    }
    if (here && here->kind == YamlNode::Kind::scalar)
        throw InputError(at, fmt::format("found {} where '{}' should be a key of a map", describe(*here), step));
    YamlNode copy = here ? *here : YamlNode{};
    if (copy.kind != YamlNode::Kind::map) copy = YamlNode{YamlNode::Kind::map, at, {}, false, {}, {}};
    const auto same = [&](const YamlEntry& entry) { return entry.key == step; };
    const auto old = std::find_if(copy.entries.begin(), copy.entries.end(), same);
    const YamlPtr inner = set_at(old == copy.entries.end() ? nullptr : old->value, steps.subspan(1), value, at);
    if (old == copy.entries.end()) {
        copy.entries.push_back({step, at, inner});
    } else if (inner->kind == YamlNode::Kind::nothing) {
        copy.entries.erase(old);
    } else {
        old->value = inner;
    }
    return std::make_shared<YamlNode>(std::move(copy));
}

}  // namespace

YamlPtr parse_yaml(const SourceText& source) {
    TreeBuilder builder(source.start);
    std::istringstream stream(source.text);
    try {
        YAML::Parser parser(stream);
        if (parser.HandleNextDocument(builder)) {
            TreeBuilder rest(source.start);
            if (parser.HandleNextDocument(rest))
                throw InputError(rest.root() ? rest.root()->at : source.start, "found a second document; expected one in a file");
        }
    } catch (const YAML::Exception& problem) {
        throw InputError({source.start.text, problem.mark.line + 1, problem.mark.column + 1},
                         fmt::format("found broken YAML ({}); expected key: value", lower_first(problem.msg)));
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
    constexpr std::size_t longest = 60;  // a message is a line
    return "'" + (node.text.size() > longest ? node.text.substr(0, longest) + "..." : node.text) + "'";
}

YamlPtr merge(const YamlPtr& base, const YamlPtr& over) {
    if (base->kind != YamlNode::Kind::map || over->kind != YamlNode::Kind::map) return over;
    const YamlEntry *base_kind = find(*base, "kind"), *over_kind = find(*over, "kind");
    if (base_kind && over_kind && base_kind->value->text != over_kind->value->text) return over;
    YamlNode merged = *base;
    merged.at = over->at;
    for (const YamlEntry& entry : over->entries) {
        const auto same = [&](const YamlEntry& old) { return old.key == entry.key; };
        const auto old = std::find_if(merged.entries.begin(), merged.entries.end(), same);
        if (old == merged.entries.end()) {
            if (entry.value->kind != YamlNode::Kind::nothing) merged.entries.push_back(entry);
        } else if (entry.value->kind == YamlNode::Kind::nothing) {
            merged.entries.erase(old);
        } else {
            *old = {entry.key, entry.at, merge(old->value, entry.value)};
        }
    }
    return std::make_shared<YamlNode>(std::move(merged));
}

YamlPtr with_override(const YamlPtr& root, const std::string& path, const std::string& value) {
    const SourceText source = source_of("--set " + path, value);
    const std::vector<std::string> steps = split_path(source.start, path);
    return set_at(root, steps, parse_yaml(source), source.start);
}

}  // namespace tokenyard
