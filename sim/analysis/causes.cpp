// SPDX-License-Identifier: Apache-2.0
#include "analysis/explain.hpp"

#include <algorithm>
#include <map>
#include <numeric>

namespace tokenyard {
namespace {

constexpr std::size_t most_links = 3, most_listed = 8;
constexpr double least_share = 0.01;  // of the phase

/// The ranks whose tokens, or whose experts, a transfer's bytes may be of: an end of it, or more where it relays.
struct Group {
    enum class Kind : std::uint8_t { rank, domain, others } kind = Kind::rank;
    int rank = 0;  // one of them; of `others`, the one that they are seen from
    auto operator<=>(const Group&) const = default;
};

struct Pair {
    Group tokens, experts;
    auto operator<=>(const Pair&) const = default;
};

/// What crosses one link.
struct Crossing {
    std::vector<Bytes> sent, received;  // by rank
    std::map<Pair, Bytes> between;
    Bytes all;
};

std::vector<NumberedShare> shares_of(const std::vector<double>& amounts, std::size_t& count) {
    std::vector<NumberedShare> shares;
    const double whole = std::accumulate(amounts.begin(), amounts.end(), 0.0);
    for (std::size_t number = 0; number < amounts.size(); ++number)
        if (amounts[number] > 0) shares.push_back({static_cast<int>(number), amounts[number] / whole});
    count = shares.size();
    std::stable_sort(shares.begin(), shares.end(),
                     [](const NumberedShare& a, const NumberedShare& b) { return a.share > b.share; });
    shares.resize(std::min(shares.size(), most_listed));
    return shares;
}

std::vector<double> in_bytes_each(const std::vector<Bytes>& volumes) {
    std::vector<double> amounts;
    for (const Bytes volume : volumes) amounts.push_back(in_bytes(volume));
    return amounts;
}

class Causes {
public:
    Causes(const Fabric& fabric, const Schedule& schedule, const Exchange& exchange, Granularity granularity,
           const ExpertTraffic* experts)
        : fabric_(fabric),
          schedule_(schedule),
          is_dispatch_(exchange.direction == Direction::dispatch),
          tokens_(exchange.tokens ? &*exchange.tokens : nullptr),
          granularity_(granularity),
          experts_(experts),
          ranks_(exchange.volumes.rows()),
          domain_of_rank_(fabric.island_of_each_rank()),
          is_fed_inside_(static_cast<std::size_t>(ranks_)),
          is_fed_outside_(is_fed_inside_),
          columns_of_rank_(static_cast<std::size_t>(ranks_)) {
        for (const Step& step : schedule.steps())
            if (step.relayed.si > 0) (is_inside(step) ? is_fed_inside_ : is_fed_outside_)[index(step.destination)] = true;
        for (std::size_t column = 0; experts && column < experts->rank_of.size(); ++column)
            columns_of_rank_[index(experts->rank_of[column])].push_back(static_cast<int>(column));
        for (int rank = 0; rank < ranks_; ++rank) ranks_of_domain_[domain(rank)].push_back(rank);
    }

    std::vector<LinkCause> of(const std::vector<LinkId>& chosen) const {
        std::vector<std::size_t> place(link_count(fabric_, schedule_), chosen.size());
        for (std::size_t i = 0; i < chosen.size(); ++i) place[chosen[i]] = i;
        std::vector<Crossing> crossings(chosen.size(),
                                        {std::vector<Bytes>(index(ranks_)), std::vector<Bytes>(index(ranks_)), {}, {}});
        std::vector<LinkId> links;
        for (const Step& step : schedule_.steps()) {
            if (step.kind == StepKind::pause) continue;
            links.clear();
            append_links(fabric_, step, links);
            for (const LinkId link : links)
                if (place[link] < chosen.size()) cross(step, crossings[place[link]]);
        }
        std::vector<LinkCause> causes;
        for (const Crossing& crossing : crossings) causes.push_back(cause_of(crossing));
        return causes;
    }

private:
    static std::size_t index(int rank) { return static_cast<std::size_t>(rank); }
    int domain(int rank) const { return domain_of_rank_[index(rank)]; }
    bool is_inside(const Step& step) const { return domain(step.source) == domain(step.destination); }

    /// Whose the bytes are that a transfer's source sends: its own; its domain's, which it gathered; all others', too.
    Group behind(const Step& step) const {
        if (is_inside(step) ? !is_fed_outside_[index(step.source)] : !is_fed_inside_[index(step.source)])
            return {Group::Kind::rank, step.source};
        return is_inside(step) ? Group{Group::Kind::others, step.source}
                               : Group{Group::Kind::domain, ranks_of_domain_.at(domain(step.source)).front()};
    }
    /// Who gets them in the end.
    Group ahead(const Step& step) const {
        if (step.relayed.si == 0) return {Group::Kind::rank, step.destination};
        return is_inside(step) ? Group{Group::Kind::others, step.destination}
                               : Group{Group::Kind::domain, ranks_of_domain_.at(domain(step.destination)).front()};
    }

    void cross(const Step& step, Crossing& crossing) const {
        crossing.all += step.volume;
        crossing.sent[index(step.source)] += step.volume;
        crossing.received[index(step.destination)] += step.volume;
        if (!experts_) return;
        const Group from = behind(step), to = ahead(step);
        crossing.between[is_dispatch_ ? Pair{from, to} : Pair{to, from}] += step.volume;
    }

    std::vector<int> ranks_of(const Group& group) const {
        if (group.kind == Group::Kind::rank) return {group.rank};
        if (group.kind == Group::Kind::domain) return ranks_of_domain_.at(domain(group.rank));
        std::vector<int> others{group.rank};
        for (int rank = 0; rank < ranks_; ++rank)
            if (domain(rank) != domain(group.rank)) others.push_back(rank);
        return others;
    }

    /// Shares the bytes of each pair out over the experts that they can be for, by copies.
    std::vector<double> by_expert(const Crossing& crossing) const {
        std::vector<double> amounts;
        if (!experts_) return amounts;
        amounts.resize(index(*std::max_element(experts_->expert_of.begin(), experts_->expert_of.end())) + 1);
        std::vector<std::pair<int, double>> weights;  // of columns
        for (const auto& [pair, volume] : crossing.between) {
            weights.clear();
            double sum = 0;
            const std::vector<int> sources = ranks_of(pair.tokens);
            for (const int holder : ranks_of(pair.experts))
                for (const int column : columns_of_rank_[index(holder)]) {
                    double copies = 0;
                    for (const int source : sources) copies += experts_->copies.at(source, column);
                    weights.emplace_back(column, copies);
                    sum += copies;
                }
            if (sum == 0) continue;
            for (const auto& [column, weight] : weights)
                amounts[index(experts_->expert_of[index(column)])] += in_bytes(volume) * weight / sum;
        }
        return amounts;
    }

    /// What would have spared which copies: of the c copies from i for k, u are of distinct tokens; and of those for all GPUs
    /// of k's domain (whose u add up to r), d are. Inside a domain NVLink carries a token to each GPU in any case.
    std::optional<TokenKinds> kinds(const Crossing& crossing) const {
        if (!tokens_ || granularity_ == Granularity::island || !experts_) return {};
        TokenKinds kinds;
        double whole = 0;
        for (const auto& [pair, volume] : crossing.between) {
            if (pair.tokens.kind != Group::Kind::rank || pair.experts.kind != Group::Kind::rank) return {};
            const int from = pair.tokens.rank, to = pair.experts.rank;
            const double copies = tokens_->counts.copies.at(from, to), distinct = tokens_->counts.unique_per_rank.at(from, to);
            if (copies == 0) continue;
            const double kept = granularity_ == Granularity::rank ? 1 : distinct / copies;
            double once = 1;
            if (domain(from) != domain(to)) {
                double for_each_gpu = 0;
                for (const int rank : ranks_of_domain_.at(domain(to)))
                    for_each_gpu += tokens_->counts.unique_per_rank.at(from, rank);
                once = tokens_->counts.unique_per_island.at(from, domain(to)) / for_each_gpu;
            }
            const double amount = in_bytes(volume);
            whole += amount;
            kinds.same_gpu += amount * (1 - kept);
            kinds.same_domain += amount * kept * (1 - once);
            kinds.first += amount * kept * once;
        }
        if (whole == 0) return {};
        return TokenKinds{kinds.first / whole, kinds.same_domain / whole, kinds.same_gpu / whole};
    }

    LinkCause cause_of(const Crossing& crossing) const {
        LinkCause cause;
        cause.carried = crossing.all;
        cause.senders = shares_of(in_bytes_each(crossing.sent), cause.sender_count);
        cause.receivers = shares_of(in_bytes_each(crossing.received), cause.receiver_count);
        cause.experts = shares_of(by_expert(crossing), cause.expert_count);
        cause.kinds = kinds(crossing);
        return cause;
    }

    const Fabric& fabric_;
    const Schedule& schedule_;
    bool is_dispatch_;
    const ExchangedTokens* tokens_;
    Granularity granularity_;
    const ExpertTraffic* experts_;
    int ranks_;
    std::vector<int> domain_of_rank_;
    std::vector<bool> is_fed_inside_, is_fed_outside_;  // gets bytes to pass on, from its domain; from outside it
    std::vector<std::vector<int>> columns_of_rank_;
    std::map<int, std::vector<int>> ranks_of_domain_;
};

}  // namespace

std::vector<LinkCause> find_causes(const Fabric& fabric, const Schedule& schedule, const Timeline& timeline,
                                   const std::vector<Bottleneck>& bottlenecks, const Exchange& exchange, Granularity granularity,
                                   const ExpertTraffic* experts) {
    std::map<std::string, LinkId> by_name;
    for (LinkId link = 0; link < timeline.activity.size(); ++link) by_name.emplace(link_of(fabric, schedule, link).name, link);
    std::vector<LinkId> chosen;
    std::vector<const Bottleneck*> whose;
    for (const Bottleneck& bottleneck : bottlenecks) {
        const auto link = by_name.find(bottleneck.resource);
        if (link == by_name.end() || bottleneck.share < least_share || chosen.size() == most_links) continue;
        chosen.push_back(link->second);
        whose.push_back(&bottleneck);
    }
    std::vector<LinkCause> causes = Causes(fabric, schedule, exchange, granularity, experts).of(chosen);
    for (std::size_t i = 0; i < causes.size(); ++i) {
        causes[i].resource = whose[i]->resource;
        causes[i].share = whose[i]->share;
    }
    return causes;
}

}  // namespace tokenyard
