// SPDX-License-Identifier: Apache-2.0
// The schedules of sends and receives against those that NCCL's own code has made (validation/reference/nccl_schedules).
#include "collective/nccl/batches.hpp"
#include "collective/nccl/rounds.hpp"
#include "support/files.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace tokenyard {
namespace {

using Words = std::vector<std::string>;

Words split(const std::string& text, char at) {
    Words words;
    std::istringstream stream(text);
    for (std::string word; std::getline(stream, word, at);) words.push_back(word);
    return words;
}

struct ReferenceCase {
    std::string name;
    Words head;
    std::vector<Words> bytes;
    std::map<int, std::string> rounds;  // of each rank that is given, as the file has them
    std::map<int, Words> works;
};

std::vector<ReferenceCase> reference_cases() {
    std::vector<ReferenceCase> cases;
    std::istringstream lines(read_file(std::string(TOKENYARD_SOURCE) + "/validation/reference/nccl_schedules/nccl_2_28_9.csv"));
    for (std::string line; std::getline(lines, line);) {
        const Words words = split(line, ',');
        if (words[0] == "case") cases.push_back({line, words, {}, {}, {}});
        else if (words[0] == "bytes") cases.back().bytes.emplace_back(words.begin() + 1, words.end());
        else if (words[0] == "rounds") cases.back().rounds[std::stoi(words[1])] = line;
        else cases.back().works[std::stoi(words[1])].push_back(line);
    }
    return cases;
}

/// A communicator with the channels and the chunk that the case says, whatever its links would give.
NcclCommunicator communicator_of(const ReferenceCase& one) {
    NcclLayout layout;
    for (const std::string& ranks : split(one.head[2].substr(one.head[2].find(' ') + 1), ' '))
        layout.nodes.push_back({std::stoi(ranks), {}});
    for (const NcclNode& node : layout.nodes) layout.nvlink_domain = std::max(layout.nvlink_domain, node.ranks);
    NcclCommunicator communicator = make_nccl_communicator(layout);
    communicator.channels = std::stoi(one.head[4]);
    communicator.channels_per_peer = communicator.channels_at_first = std::stoi(one.head[6]);
    while (communicator.channels_at_first * communicator.rank_count() > communicator.channels &&
           communicator.channels_at_first > 1)
        communicator.channels_at_first /= 2;
    communicator.chunk = bytes(std::stod(one.head[8]));
    return communicator;
}

VolumeMatrix volumes_of(const ReferenceCase& one) {
    const int ranks = static_cast<int>(one.bytes.size());
    VolumeMatrix volumes(ranks, ranks);
    for (int source = 0; source < ranks; ++source)
        for (int destination = 0; destination < ranks; ++destination)
            volumes.at(source, destination) =
                bytes(std::stod(one.bytes[static_cast<std::size_t>(source)][static_cast<std::size_t>(destination)]));
    return volumes;
}

std::string whole(Bytes value) { return std::to_string(static_cast<long long>(in_bytes(value))); }

std::string as_fields(const std::optional<NcclPart>& part) {
    if (!part) return ",-1,0,0,0,0,0";
    return "," + std::to_string(part->peer) + "," + whole(part->stretch.offset) + "," + whole(part->stretch.size) + "," +
           (part->message.protocol == NcclProtocol::low_latency ? "1" : "0") + "," + std::to_string(part->message.channels) +
           "," + whole(part->message.chunk);
}

Words works_as_lines(const NcclRankSchedule& schedule) {
    Words lines;
    for (std::size_t channel = 0; channel < schedule.channels.size(); ++channel)
        for (std::size_t batch = 0; batch < schedule.channels[channel].size(); ++batch)
            for (const NcclWork& work : schedule.channels[channel][batch].works)
                lines.push_back("work," + std::to_string(schedule.rank) + "," +
                                std::to_string(schedule.channels[channel][batch].kernel) + "," + std::to_string(channel) + "," +
                                std::to_string(batch) + as_fields(work.send) + as_fields(work.receive));
    return lines;
}

std::string rounds_as_line(const NcclCommunicator& communicator, int rank) {
    std::string line = "rounds," + std::to_string(rank);
    for (int round = 0; round < communicator.rank_count(); ++round) {
        const NcclRound peers = peers_in_round(communicator, rank, round);
        line += "," + std::to_string(peers.send_to) + ":" + std::to_string(peers.receive_from);
    }
    return line;
}

/// Without the chunk and the protocol of what a rank sends itself, in the order of the channels.
Words comparable(const Words& lines) {
    Words kept;
    for (const std::string& line : lines) {
        Words fields = split(line, ',');
        for (const std::size_t peer : {std::size_t{5}, std::size_t{11}})
            if (fields[peer] == fields[1]) fields[peer + 3] = fields[peer + 5] = "any";
        std::string text;
        for (const std::string& field : fields) text += (text.empty() ? "" : ",") + field;
        kept.push_back(text);
    }
    return kept;
}

}  // namespace

TEST_CASE("ranks are scheduled as NCCL's own code schedules them", "[nccl]") {
    const std::vector<ReferenceCase> cases = reference_cases();
    CHECK(cases.size() == 20);
    for (const ReferenceCase& one : cases) DYNAMIC_SECTION(one.name) {
            const NcclCommunicator communicator = communicator_of(one);
            const VolumeMatrix volumes = volumes_of(one);
            REQUIRE(!one.rounds.empty());
            for (const auto& [rank, rounds] : one.rounds) {
                CAPTURE(rank);
                CHECK(rounds_as_line(communicator, rank) == rounds);
                const auto works = one.works.find(rank);
                CHECK(comparable(works_as_lines(schedule_rank(communicator, volumes, rank))) ==
                      comparable(works == one.works.end() ? Words() : works->second));
            }
        }
}

}  // namespace tokenyard
