// SPDX-License-Identifier: Apache-2.0
// What every link carries, and every GPU computes, for a placement: exact counts, put right expert by expert as it changes.
#pragma once

#include "model/fabric.hpp"
#include "model/placement.hpp"
#include "place/demand.hpp"

#include <vector>

namespace tokenyard {

/// What one token copy takes. Where a phase does not count it weighs nothing.
struct CopyWeight {
    Bytes dispatch, combine;
    std::vector<Seconds> compute;  // on each rank; empty: does not count
};

class LinkLoads {
public:
    /// The routes of every pair are kept. Pre: the routing's ranks are the first of the fabric.
    LinkLoads(const Fabric& fabric, const Routing& routing, const CopyWeight& weight);

    int ranks() const { return demand_.ranks(); }
    const ExpertSlots& slots() const { return slots_; }
    /// Pre: ranks divides the slots, each expert has one.
    void set(const ExpertSlots& slots);
    /// The same with another expert in one slot, or with those of two slots exchanged.
    void replace(std::size_t slot, int expert);
    void swap(std::size_t a, std::size_t b);

    /// Which is less is better: first the longest time that a link needs for its bytes, dispatch and combine apart, and the
    /// longest that a rank computes, added up; then, where that is the same, the squares of all of these times.
    struct Cost {
        double longest = 0, squares = 0;  // s, s^2
        bool operator<(const Cost& other) const;
    };
    Cost cost() const;

    /// A rank at one end of whatever needs longest: all bytes of that link are from or to it. -1 where there is no such rank.
    int busiest_rank() const;

    int rank_of(std::size_t slot) const { return static_cast<int>(slot / (slots_.size() / static_cast<std::size_t>(ranks()))); }
    bool has_on(int rank, int expert) const;
    std::size_t copies_of(int expert) const { return slots_of_[static_cast<std::size_t>(expert)].size(); }

private:
    /// A part of a pair's bytes on one link of one of its lanes.
    struct Share {
        LinkId link = 0;
        double part = 1;
    };
    void add_routes(const Fabric& fabric);
    void note_ends(LinkId link, int source, int destination);
    /// Adds what one expert's copies load, or with -1 takes it away.
    void add(int expert, double sign);
    Demand demand_;
    std::vector<std::size_t> first_;  // of each pair in shares_, and the total at the end
    std::vector<Share> shares_;
    std::vector<int> only_source_, only_destination_;       // of each link's pairs; -2: none yet, -1: several
    std::vector<double> dispatch_weight_, combine_weight_;  // s a copy, of each link; all 0 where a phase does not count
    std::vector<double> compute_weight_;                    // s a copy, of each rank
    std::vector<double> dispatch_, combine_, computed_;     // copies: of each link, of each rank
    ExpertSlots slots_;
    std::vector<std::vector<std::size_t>> slots_of_;  // each expert, in order
};

}  // namespace tokenyard
