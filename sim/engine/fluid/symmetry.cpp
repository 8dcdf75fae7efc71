// SPDX-License-Identifier: Apache-2.0
#include "engine/fluid/symmetry.hpp"

#include <algorithm>
#include <bit>
#include <unordered_map>
#include <utility>

namespace tokenyard {
namespace {

constexpr std::size_t worth_it = 8;  // steps in a class, in the mean

/// Two independent hashes of 64 bits: that two of a billion signatures are equal by chance has a probability below 1e-20.
struct Signature {
    std::uint64_t first = 0, second = 0;
    bool operator==(const Signature&) const = default;

    /// Order counts.
    void append(std::uint64_t value) {
        first = mixed(first ^ mixed(value + 0x9E3779B97F4A7C15));
        second = mixed(second + mixed(value ^ 0xD1B54A32D192ED03) * 3);
    }
    void append(double value) { append(std::bit_cast<std::uint64_t>(value + 0.0)); }  // -0 is 0
    /// Order does not.
    void add(const Signature& other) {
        first += other.first;
        second += other.second;
    }

private:
    /// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
    static std::uint64_t mixed(std::uint64_t bits) {
        bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9;
        bits = (bits ^ bits >> 27) * 0x94D049BB133111EB;
        return bits ^ bits >> 31;
    }
};

struct SignatureHash {
    std::size_t operator()(const Signature& signature) const { return signature.first; }
};

/// Classes of equal signatures, numbered as they first occur.
class Classes {
public:
    std::uint32_t of(const Signature& signature) {
        return known_.try_emplace(signature, static_cast<std::uint32_t>(known_.size())).first->second;
    }
    std::size_t count() const { return known_.size(); }

private:
    std::unordered_map<Signature, std::uint32_t, SignatureHash> known_;
};

/// Colour refinement: classes are split by what is around them until nothing changes.
class Refinement {
public:
    explicit Refinement(const Problem& problem)
        : problem_(problem),
          most_(problem.step_count() / worth_it),
          steps_(problem.step_count()),
          links_(problem.capacity.size()) {}

    /// False when there are too many classes of steps.
    bool run() {
        if (!colour_steps_alone()) return false;
        colour_links_alone();
        constexpr int most_rounds = 20;  // what is told apart later is told apart by how far it is from something odd
        for (int round = 0; round < most_rounds; ++round) {
            const std::size_t before = step_count_ + link_count_;
            split_links();
            if (!split_steps()) return false;
            if (step_count_ + link_count_ == before) return true;
        }
        return false;
    }
    std::vector<StepId> take_steps() { return std::move(steps_); }
    std::vector<LinkId> take_links() { return std::move(links_); }
    std::size_t step_count() const { return step_count_; }
    std::size_t link_count() const { return link_count_; }

private:
    template <class SignatureOf>
    bool colour_steps(const SignatureOf& signature_of) {
        Classes classes;
        for (StepId step = 0; step < problem_.step_count(); ++step) {
            steps_[step] = classes.of(signature_of(step));
            if (classes.count() > most_) return false;
        }
        step_count_ = classes.count();
        return true;
    }
    bool colour_steps_alone() {
        return colour_steps([&](StepId step) {
            Signature signature;
            signature.append(problem_.volume[step]);
            signature.append(problem_.delay[step]);
            signature.append(problem_.cap_of(step));
            return signature;
        });
    }
    void colour_links_alone() {
        Classes classes;
        for (LinkId link = 0; link < links_.size(); ++link) {
            Signature signature;
            signature.append(problem_.capacity[link]);
            links_[link] = classes.of(signature);
        }
        link_count_ = classes.count();
    }

    void split_links() {
        std::vector<Signature> crossed_by(links_.size());
        for (StepId step = 0; step < problem_.step_count(); ++step) {
            std::uint64_t place = 0;
            for (const Crossing& crossing : problem_.crossings_of(step)) {
                Signature one;
                one.append(std::uint64_t{steps_[step]});
                one.append(place++);
                one.append(static_cast<double>(crossing.times));
                crossed_by[crossing.link].add(one);
            }
        }
        Classes classes;
        for (LinkId link = 0; link < links_.size(); ++link) {
            crossed_by[link].append(std::uint64_t{links_[link]});
            links_[link] = classes.of(crossed_by[link]);
        }
        link_count_ = classes.count();
    }

    /// Steps wait for earlier ones only, whose new classes are known by then: a chain is told apart in one go.
    bool split_steps() {
        std::vector<Signature> waited_for(problem_.step_count());
        return colour_steps([&](StepId step) {
            Signature signature = waited_for[step];
            signature.append(std::uint64_t{steps_[step]});
            for (const Crossing& crossing : problem_.crossings_of(step)) signature.append(std::uint64_t{links_[crossing.link]});
            for (const StepId waiter : problem_.waiting.waiters_of(step)) waited_for[waiter].add(signature);
            return signature;
        });
    }

    const Problem& problem_;
    std::size_t most_, step_count_ = 0, link_count_ = 0;
    std::vector<StepId> steps_;  // their classes
    std::vector<LinkId> links_;
};

/// The first of each class.
template <class Id>
std::vector<Id> representatives(const std::vector<Id>& class_of, std::size_t count) {
    std::vector<Id> first(count, static_cast<Id>(-1));
    for (std::size_t id = 0; id < class_of.size(); ++id)
        if (first[class_of[id]] == static_cast<Id>(-1)) first[class_of[id]] = static_cast<Id>(id);
    return first;
}

/// Each class crosses each link class once, as often as all its steps cross one link of that class together.
void fold_crossings(const Problem& problem, const std::vector<StepId>& steps, const std::vector<LinkId>& links,
                    Folding& folding) {
    const std::vector<LinkId> one_link = representatives(folding.class_of_link, links.size());
    Problem& folded = folding.problem;
    for (const StepId step : steps) {
        const auto first = static_cast<std::ptrdiff_t>(folded.crossings.size());
        for (const Crossing& crossing : problem.crossings_of(step)) {
            const LinkId link = folding.class_of_link[crossing.link];
            if (std::none_of(folded.crossings.begin() + first, folded.crossings.end(),
                             [link](const Crossing& known) { return known.link == link; }))
                folded.crossings.push_back({link, 0});
        }
        folded.first_crossing.push_back(static_cast<std::uint32_t>(folded.crossings.size()));
    }
    for (StepId step = 0; step < problem.step_count(); ++step)
        for (const Crossing& crossing : problem.crossings_of(step)) {
            const LinkId link = folding.class_of_link[crossing.link];
            if (one_link[link] != crossing.link) continue;
            const StepId one = folding.class_of_step[step];
            Crossing* known = &folded.crossings[folded.first_crossing[one]];
            while (known->link != link) ++known;
            known->times += crossing.times;
        }
}

void fold_waits(const Problem& problem, const std::vector<StepId>& steps, Folding& folding) {
    std::vector<StepId> class_of_one(problem.step_count(), static_cast<StepId>(-1));  // of those that stand for their class
    for (StepId one = 0; one < steps.size(); ++one) class_of_one[steps[one]] = one;
    std::vector<std::pair<StepId, StepId>> waits;  // the earlier, the later
    for (StepId step = 0; step < problem.step_count(); ++step)
        for (const StepId waiter : problem.waiting.waiters_of(step))
            if (class_of_one[waiter] != static_cast<StepId>(-1))
                waits.emplace_back(folding.class_of_step[step], class_of_one[waiter]);
    std::ranges::sort(waits);
    waits.erase(std::unique(waits.begin(), waits.end()), waits.end());
    folding.problem.waiting = Waiting(steps.size(), waits);
}

}  // namespace

std::optional<Folding> fold(const Problem& problem) {
    Refinement refinement(problem);
    if (!refinement.run()) return {};
    Folding folding{{}, refinement.take_steps(), refinement.take_links()};
    const std::vector<StepId> steps = representatives(folding.class_of_step, refinement.step_count());
    const std::vector<LinkId> links = representatives(folding.class_of_link, refinement.link_count());
    Problem& folded = folding.problem;
    for (const LinkId link : links) folded.capacity.push_back(problem.capacity[link]);
    for (const StepId step : steps) {
        folded.volume.push_back(problem.volume[step]);
        folded.delay.push_back(problem.delay[step]);
        if (!problem.cap.empty()) folded.cap.push_back(problem.cap[step]);
    }
    fold_crossings(problem, steps, links, folding);
    fold_waits(problem, steps, folding);
    return folding;
}

}  // namespace tokenyard
