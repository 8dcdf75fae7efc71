// SPDX-License-Identifier: Apache-2.0
#include "import/simai_topology.hpp"

#include "import/known_devices.hpp"
#include "import/lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <map>
#include <vector>

namespace tokenyard {
namespace {

constexpr long most_ends = 1 << 20, most_gpus_of_server = 1024;

struct Unit {
    std::string_view name;
    double factor;
};
// What ns-3 calls rates and times, of which SimAI's files use the first of each. Rates in bytes a second, times in seconds.
constexpr std::array rate_units{Unit{"Gbps", 1e9 / 8}, Unit{"Gb/s", 1e9 / 8}, Unit{"GBps", 1e9},     Unit{"GB/s", 1e9},
                                Unit{"Mbps", 1e6 / 8}, Unit{"Mb/s", 1e6 / 8}, Unit{"Tbps", 1e12 / 8}};
constexpr std::array time_units{Unit{"ms", 1e-3}, Unit{"us", 1e-6}, Unit{"ns", 1e-9}, Unit{"s", 1}};

struct SimaiLink {
    double rate = 0, delay = 0;  // bytes a second, seconds
    bool operator==(const SimaiLink&) const = default;
};

/// Links of one GPU, by the switch that they lead to.
struct Ends {
    std::vector<std::pair<long, SimaiLink>> inside, outside;
};

class SimaiFile {
public:
    explicit SimaiFile(const SourceText& source) : source_(source), lines_(text_lines(source.text)) {}

    SystemParts read() {
        read_counts();
        read_switches();
        tree_.at = source_.start;
        tree_.made_by = "SimAI's topology file";
        for (; next_ < lines_.size(); ++next_)
            if (!words_of(lines_[next_].text).empty()) read_link(lines_[next_]);
        if (seen_links_ != links_)
            throw InputError(source_.start,
                             fmt::format("found {} links; expected {}, as the first line says", seen_links_, links_));
        SystemParts parts;
        parts.node = node();
        const bool has_nics = !parts.node.nics.empty();
        add_hosts();
        parts.node.nodes = static_cast<int>(servers_);
        if (has_nics && servers_ > 1) parts.network = std::move(tree_);
        else if (has_nics)
            parts.node.notes.push_back("the file has one server, so that its network joins nothing and is left out");
        return parts;
    }

private:
    [[noreturn]] void fail(const TextLine& line, int column, const std::string& message) const {
        throw InputError({source_.start.text, line.number, column}, message);
    }

    long count(const TextLine& line, const Word& word, long smallest, long largest) const {
        long value = 0;
        const char* end = word.text.data() + word.text.size();
        const auto [parsed, error] = std::from_chars(word.text.data(), end, value);
        if (error != std::errc{} || parsed != end || value < smallest || value > largest)
            fail(line, word.column,
                 fmt::format("found {}; expected a whole number from {} to {}", in_quotes(word.text), smallest, largest));
        return value;
    }

    template <std::size_t units>
    double quantity(const TextLine& line, const Word& word, const std::array<Unit, units>& known, bool zero_allowed) const {
        double value = 0;
        const char* end = word.text.data() + word.text.size();
        const auto [parsed, error] = std::from_chars(word.text.data(), end, value);
        const std::string_view rest(parsed, static_cast<std::size_t>(end - parsed));
        const auto unit = std::ranges::find(known, rest, &Unit::name);
        constexpr double most_value = 1e12;
        if (error != std::errc{} || unit == known.end() || !(value >= 0 && value < most_value) || (value == 0 && !zero_allowed))
            fail(line, word.column,
                 fmt::format("found {}; expected a number and a unit, such as 400Gbps or 0.0005ms", in_quotes(word.text)));
        return value * unit->factor;
    }

    void read_counts() {
        const std::vector<Word> words = lines_.empty() ? std::vector<Word>() : words_of(lines_[0].text);
        if (words.size() < 6)
            throw InputError(
                source_.start,
                fmt::format("found {} words in the first line; expected nodes, GPUs of a server, NVSwitches, switches, "
                            "links and the GPU's name",
                            words.size()));
        const auto number = [&](std::size_t word, long smallest) { return count(lines_[0], words[word], smallest, most_ends); };
        const long all = number(0, 1);
        of_server_ = count(lines_[0], words[1], 1, most_gpus_of_server);
        inside_ = number(2, 0);
        outside_ = number(3, 0);
        links_ = number(4, 0);
        gpu_ = words[5].text;
        gpus_ = all - inside_ - outside_;
        if (gpus_ < 1 || gpus_ % of_server_ != 0)
            fail(lines_[0], words[0].column,
                 fmt::format("found {} nodes of which {} are switches; expected the others to be GPUs, a multiple of {}", all,
                             inside_ + outside_, of_server_));
        servers_ = gpus_ / of_server_;
        ends_.resize(static_cast<std::size_t>(gpus_));
        next_ = 1;
    }

    /// NVSwitches first: those that are not are what the network is made of.
    void read_switches() {
        long seen = 0;
        const long all = inside_ + outside_;
        for (; next_ < lines_.size() && seen < all; ++next_)
            for (const Word& word : words_of(lines_[next_].text)) {
                const long id = count(lines_[next_], word, gpus_, gpus_ + all - 1);
                if (!switch_of_.emplace(id, seen < inside_ ? -1 : seen - inside_).second)
                    fail(lines_[next_], word.column, fmt::format("found switch {} again; expected each once", id));
                if (seen++ >= inside_) tree_.switches.push_back(fmt::format("switch{}", id));
            }
        if (seen != all)
            throw InputError(source_.start, fmt::format("found {} switches in the second line; expected {}", seen, all));
    }

    void read_link(const TextLine& line) {
        const std::vector<Word> words = words_of(line.text);
        if (words.size() < 4)
            fail(line, 1, fmt::format("found {} words; expected two ends, a rate, a delay and an error rate", words.size()));
        const long all = gpus_ + inside_ + outside_;
        long one = count(line, words[0], 0, all - 1), other = count(line, words[1], 0, all - 1);
        if (one > other) std::swap(one, other);
        const SimaiLink link{quantity(line, words[2], rate_units, false), quantity(line, words[3], time_units, true)};
        if (++seen_links_ > links_)
            fail(line, 1, fmt::format("found more than {} links; expected as many as the first line says", links_));
        if (other < gpus_ || one == other)
            fail(line, 1, fmt::format("found a link between {} and {}; expected a switch at one end of it", one, other));
        const long at = switch_of_.at(other);
        if (one < gpus_) {
            Ends& ends = ends_[static_cast<std::size_t>(one)];
            (at < 0 ? ends.inside : ends.outside).emplace_back(at < 0 ? other : at, link);
            return;
        }
        const long from = switch_of_.at(one);
        if (at < 0 || from < 0)
            fail(line, 1,
                 fmt::format("found a link between switches {} and {}, of which one is an NVSwitch; expected NVSwitches to "
                             "join GPUs of a server",
                             one, other));
        const auto [a, b] = std::minmax({static_cast<std::size_t>(from), static_cast<std::size_t>(at)});
        ++trunks_[{{a, b}, link.rate}];
    }

    Machine node() const {
        Machine machine;
        machine.at = source_.start;
        machine.made_by = "SimAI's topology file";
        machine.tells_switches = false;
        const KnownGpu* known = known_gpu();
        machine.gpu_told_by = "first line";
        double rate = 0, delay = 0;
        for (const auto& [at, link] : ends_[0].inside) {
            rate += link.rate;
            delay = std::max(delay, link.delay);
        }
        for (long gpu = 0; gpu < of_server_; ++gpu) {
            machine.gpus.emplace_back().index = static_cast<int>(gpu);
            machine.gpus.back().bus = fmt::format("gpu{}", gpu);
            machine.gpus.back().device = known ? known->device : "";
        }
        add_nics(machine);
        check_alike();
        machine.tells_links = false;
        if (rate > 0)
            machine.told_links =
                ToldLinks{"nvswitch", gigabytes_per_second(rate / 1e9), "links to NVSwitches", microseconds(2 * delay * 1e6), {}};
        if (!machine.nics.empty())
            machine.notes.push_back("delays of links between nodes are left out for those of a NIC and a switch");
        return machine;
    }

    const KnownGpu* known_gpu() const {
        std::string chip(gpu_);
        std::ranges::transform(chip, chip.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        const KnownGpu* known = gpu_of_chip(chip);
        return known ? known : gpu_of_chip(chip + "_sxm");
    }

    std::string nic_name(long gpu, std::size_t port) const {
        const bool is_one = ends_[0].outside.size() == 1;
        return is_one ? fmt::format("nic{}", gpu) : fmt::format("nic{}.{}", gpu, port);
    }

    void add_nics(Machine& machine) const {
        std::vector<long> gpu_of_nic;
        for (long gpu = 0; gpu < of_server_; ++gpu)
            for (std::size_t port = 0; port < ends_[static_cast<std::size_t>(gpu)].outside.size(); ++port) {
                const double rate = ends_[static_cast<std::size_t>(gpu)].outside[port].second.rate;
                machine.nics.push_back(
                    {.name = nic_name(gpu, port), .device = {}, .speed = gigabytes_per_second(rate / 1e9), .bridges = {}});
                gpu_of_nic.push_back(gpu);
            }
        for (long gpu = 0; gpu < of_server_; ++gpu) {
            machine.nic_distance.emplace_back();
            for (const long owner : gpu_of_nic)
                machine.nic_distance.back().push_back(owner == gpu ? distance::one_bridge : distance::same_numa);
        }
    }

    /// Throws InputError unless every GPU has the links that the first one has, wherever they lead.
    void check_alike() const {
        const auto links_of_end = [](const auto& list) {
            std::vector<std::pair<double, double>> links;
            for (const auto& [at, link] : list) links.emplace_back(link.rate, link.delay);
            std::ranges::sort(links);
            return links;
        };
        for (std::size_t gpu = 1; gpu < ends_.size(); ++gpu)
            if (links_of_end(ends_[gpu].inside) != links_of_end(ends_[0].inside) ||
                links_of_end(ends_[gpu].outside) != links_of_end(ends_[0].outside))
                throw InputError(source_.start,
                                 fmt::format("found other links of GPU {} than of GPU 0; expected GPUs that are alike, "
                                             "because the nodes of a cluster file are",
                                             gpu));
    }

    void add_hosts() {
        for (const auto& [ends, cables] : trunks_)
            tree_.trunks.push_back({ends.first.first, ends.first.second, cables, gigabytes_per_second(ends.second / 1e9)});
        for (long server = 0; server < servers_; ++server) {
            SwitchTree::Host host;
            host.name = fmt::format("server{}", server);
            for (long gpu = 0; gpu < of_server_; ++gpu) {
                const Ends& ends = ends_[static_cast<std::size_t>(server * of_server_ + gpu)];
                for (std::size_t port = 0; port < ends.outside.size(); ++port)
                    host.switch_of[nic_name(gpu, port)] = static_cast<std::size_t>(ends.outside[port].first);
                if (!ends.outside.empty()) host.rate = gigabytes_per_second(ends.outside[0].second.rate / 1e9);
            }
            tree_.hosts.push_back(std::move(host));
        }
    }

    const SourceText& source_;
    std::vector<TextLine> lines_;
    std::size_t next_ = 0;
    long of_server_ = 0, inside_ = 0, outside_ = 0, links_ = 0, gpus_ = 0, servers_ = 0, seen_links_ = 0;
    std::string_view gpu_;
    std::map<long, long> switch_of_;  // by id: the network's switch, or -1 for an NVSwitch
    std::vector<Ends> ends_;
    std::map<std::pair<std::pair<std::size_t, std::size_t>, double>, int> trunks_;  // by ends and rate: cables
    SwitchTree tree_;
};

}  // namespace

SystemParts system_from_simai(const SourceText& source) { return SimaiFile(source).read(); }

}  // namespace tokenyard
