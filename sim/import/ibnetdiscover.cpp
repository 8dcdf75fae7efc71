// SPDX-License-Identifier: Apache-2.0
#include "import/ibnetdiscover.hpp"

#include "import/lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

namespace tokenyard {
namespace {

struct IbDevice {
    std::string name;
    bool is_switch = false;
};

struct IbPort {
    std::string device;
    int number = 0;
    auto operator<=>(const IbPort&) const = default;
};

std::optional<int> whole_number(std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() && value >= 0 ? std::optional(value) : std::nullopt;
}

/// "4xNDR" or "4x NDR". Data rates of four lanes, InfiniBand Architecture Specification and NVIDIA's for XDR.
std::optional<Bandwidth> rate_of(std::string_view text) {
    const std::size_t x = text.find('x');
    if (x == std::string_view::npos) return {};
    const std::optional<int> lanes = whole_number(text.substr(0, x));
    std::string_view speed = text.substr(x + 1);
    while (speed.starts_with(' ')) speed.remove_prefix(1);
    constexpr int most_lanes = 12;
    if (!lanes || *lanes < 1 || *lanes > most_lanes) return {};
    constexpr double of_lanes = 4;
    for (const auto& [name, gigabits] :
         {std::pair{"SDR", 8.0}, std::pair{"DDR", 16.0}, std::pair{"QDR", 32.0}, std::pair{"FDR10", 40.0}, std::pair{"FDR", 54.5},
          std::pair{"EDR", 100.0}, std::pair{"HDR", 200.0}, std::pair{"NDR", 400.0}, std::pair{"XDR", 800.0}})
        if (speed == name) return gigabits_per_second(gigabits * *lanes / of_lanes);
    return {};
}

/// Host and adapter out of a description, where it has both.
std::optional<std::pair<std::string, std::string>> host_of(std::string_view description) {
    const std::vector<Word> words = words_of(description);
    if (words.size() != 2 || words[0].text == "localhost" || words[0].text == "ubuntu") return {};
    const std::string_view adapter = words[1].text;
    if (adapter.starts_with("HCA-"))
        if (const std::optional<int> number = whole_number(adapter.substr(4)); number && *number > 0)
            return std::pair{std::string(words[0].text), fmt::format("mlx5_{}", *number - 1)};
    const bool is_device =
        adapter.find_first_of("0123456789") != std::string_view::npos && adapter.find_first_of(":;()") == std::string_view::npos;
    return is_device ? std::optional(std::pair{std::string(words[0].text), std::string(adapter)}) : std::nullopt;
}

/// A text in the quotes that open at `from`; where it ends goes to `end`.
std::optional<std::string_view> quoted(std::string_view line, std::size_t from, std::size_t& end, char quote = '"') {
    const std::size_t open = line.find(quote, from);
    if (open == std::string_view::npos) return {};
    const std::size_t close = line.find(quote, open + 1);
    if (close == std::string_view::npos) return {};
    end = close + 1;
    return line.substr(open + 1, close - open - 1);
}

class Reader {
public:
    explicit Reader(const SourceText& source) : source_(source) {}

    void read() {
        for (const TextLine& line : text_lines(source_.text)) {
            const std::string_view text = line.text;
            const std::vector<Word> words = words_of(text);
            if (words.empty() || text.starts_with('#')) continue;
            if (words[0].text == "Switch" || words[0].text == "Ca" || words[0].text == "Rt") read_head(line);
            else if (text.starts_with('[')) read_port(line);
            else if (words[0].text == "CA" || words[0].text == "SW") read_port_line(line, words);
            else if (text.find('=') == std::string_view::npos || words.size() > 2)
                fail(line, fmt::format("found {}; expected a device, a port, or NAME=VALUE, as ibnetdiscover prints them",
                                       in_quotes(text)));
        }
    }

    SwitchTree tree() const {
        SwitchTree tree;
        tree.at = source_.start;
        tree.made_by = "ibnetdiscover";
        std::map<std::string, std::size_t> index;
        std::set<std::string> names;
        for (const auto& [guid, device] : devices_) {
            if (!device.is_switch) continue;
            index[guid] = tree.switches.size();
            std::string name = short_name(device.name);
            tree.switches.push_back(names.insert(name).second ? name : name + "/" + guid);
        }
        if (index.empty())
            throw InputError(source_.start, "found no switch; expected a fabric, as ibnetdiscover prints all of it");
        std::map<std::pair<std::size_t, std::size_t>, SwitchTree::Trunk> trunks;
        std::map<std::string, SwitchTree::Host> hosts;
        int aggregation = 0, unplaced = 0;
        for (const auto& [ports, rate] : links_) {
            const IbDevice &a = devices_.at(ports.first.device), &b = devices_.at(ports.second.device);
            if (a.is_switch && b.is_switch) {
                const auto pair = std::minmax(index[ports.first.device], index[ports.second.device]);
                SwitchTree::Trunk& trunk = trunks[{pair.first, pair.second}];
                const bool is_first = trunk.cables == 0;
                trunk = {pair.first, pair.second, trunk.cables + 1,
                         is_first || !rate || !trunk.rate || rate->si < trunk.rate->si ? rate : trunk.rate};
                continue;
            }
            if (!a.is_switch && !b.is_switch) continue;  // back to back
            const std::string& description = a.is_switch ? b.name : a.name;
            const std::size_t at = index[a.is_switch ? ports.first.device : ports.second.device];
            if (description.find("Aggregation Node") != std::string::npos) ++aggregation;
            else if (const auto host = host_of(description)) {
                SwitchTree::Host& one = hosts[host->first];
                one.name = host->first;
                one.switch_of[host->second] = at;
                if (!one.rate || (rate && rate->si < one.rate->si)) one.rate = rate;
            } else {
                ++unplaced;
                ++tree.other_ports[at];
            }
        }
        for (auto& [pair, trunk] : trunks) tree.trunks.push_back(trunk);
        for (auto& [name, host] : hosts) tree.hosts.push_back(host);
        tree.notes.push_back(fmt::format(
            "{} switches, {} cables: {} between switches, {} to aggregation nodes, {} to adapters whose name has no host",
            index.size(), links_.size(), cables_of(tree), aggregation, unplaced));
        return tree;
    }

private:
    [[noreturn]] void fail(const TextLine& line, const std::string& message, std::size_t at = 0) const {
        throw InputError({source_.start.text, line.number, static_cast<int>(at) + 1}, message);
    }

    static int cables_of(const SwitchTree& tree) {
        int cables = 0;
        for (const SwitchTree::Trunk& trunk : tree.trunks) cables += trunk.cables;
        return cables;
    }

    /// "MF0;IBLEAF-01:MQM9701/U1" as "IBLEAF-01".
    static std::string short_name(std::string_view name) {
        if (const std::size_t start = name.find(';'); start != std::string_view::npos) name.remove_prefix(start + 1);
        return std::string(name.substr(0, name.find(':')));
    }

    /// `Switch  65 "S-guid"  # "name" ...`
    void read_head(const TextLine& line) {
        std::size_t end = 0;
        const auto guid = quoted(line.text, 0, end);
        if (!guid) fail(line, fmt::format("found {}; expected a device with its GUID in quotes", in_quotes(line.text)));
        const auto name = quoted(line.text, end, end);
        add(*guid, name.value_or(*guid));
        open_ = std::string(*guid);
    }

    void add(std::string_view guid, std::string_view name) {
        IbDevice& device = devices_[std::string(guid)];
        device.is_switch = guid.starts_with("S-");
        if (device.name.empty()) device.name = name;
    }

    void link(const IbPort& a, const IbPort& b, std::optional<Bandwidth> rate, const TextLine& line) {
        constexpr std::size_t most_links = 1'000'000;
        if (links_.size() >= most_links) fail(line, fmt::format("found more than {} cables; expected fewer", most_links));
        links_.emplace(std::minmax(a, b), rate);
    }

    /// `[1]  "H-guid"[1](guid)  # "host adapter" lid 7 4xNDR`, of the device above; of an adapter its own GUID stands first.
    void read_port(const TextLine& line) {
        if (open_.empty()) fail(line, "found a port above any device; expected a line Switch or Ca first");
        const std::string_view text = line.text;
        const std::optional<int> own =
            whole_number(text.substr(1, text.find(']') == std::string_view::npos ? 0 : text.find(']') - 1));
        std::size_t end = 0;
        const auto peer = quoted(text, 0, end);
        if (!own || !peer || end >= text.size() || text[end] != '[')
            fail(line, fmt::format("found {}; expected a port such as [1] \"H-...\"[1] # \"name\" lid 7 4xNDR", in_quotes(text)));
        const std::size_t close = text.find(']', end);
        const std::optional<int> other =
            close == std::string_view::npos ? std::nullopt : whole_number(text.substr(end + 1, close - end - 1));
        if (!other) fail(line, "found no number of the other port; expected it in brackets", end);
        std::size_t behind = 0;
        const auto name = quoted(text, end, behind);
        const std::vector<Word> words = words_of(text);
        const std::optional<Bandwidth> rate = rate_of(words.back().text);
        if (!rate)
            fail(line, fmt::format("found {}; expected a width and a speed, such as 4xNDR", in_quotes(words.back().text)),
                 static_cast<std::size_t>(words.back().column) - 1);
        add(*peer, name.value_or(*peer));
        link({open_, *own}, {std::string(*peer), *other}, rate, line);
    }

    /// `CA 134 1 0xguid 4x EDR - SW 1719 10 0xguid ( 'a' - 'b' )`, as -p prints it; a port that is down has no other end.
    void read_port_line(const TextLine& line, const std::vector<Word>& words) {
        constexpr std::size_t dash = 6;
        const auto is_guid = [&](std::size_t word) { return word < words.size() && words[word].text.starts_with("0x"); };
        if (!is_guid(3) || words.size() < dash)
            fail(line, fmt::format("found {}; expected a port as ibnetdiscover -p prints it", in_quotes(line.text)));
        const bool is_up = words.size() > dash && words[dash].text == "-";
        std::size_t end = 0;
        const auto first = quoted(line.text, 0, end, '\'');
        const auto id = [](std::string_view kind, std::string_view guid) {
            return (kind == "SW" ? "S-" : "H-") + std::string(guid.substr(2));
        };
        const std::string own = id(words[0].text, words[3].text);
        add(own, first.value_or(own));
        if (!is_up) return;
        if (!is_guid(dash + 4)) fail(line, fmt::format("found {}; expected the other end behind '-'", in_quotes(line.text)));
        const auto second = quoted(line.text, end, end, '\'');
        const std::string peer = id(words[dash + 1].text, words[dash + 4].text);
        add(peer, second.value_or(peer));
        const std::string speed = std::string(words[4].text) + std::string(words[5].text);
        const std::optional<Bandwidth> rate = rate_of(speed);
        const std::optional<int> port = whole_number(words[2].text), other = whole_number(words[dash + 3].text);
        if (!rate)
            fail(line, fmt::format("found {}; expected a width and a speed, such as 4x NDR", in_quotes(speed)),
                 static_cast<std::size_t>(words[4].column) - 1);
        if (!port || !other) fail(line, fmt::format("found {}; expected numbers of two ports", in_quotes(line.text)));
        link({own, *port}, {peer, *other}, rate, line);
    }

    const SourceText& source_;
    std::map<std::string, IbDevice> devices_;
    std::map<std::pair<IbPort, IbPort>, std::optional<Bandwidth>> links_;
    std::string open_;
};

}  // namespace

SwitchTree tree_from_ibnetdiscover(const SourceText& source) {
    Reader reader(source);
    reader.read();
    return reader.tree();
}

}  // namespace tokenyard
