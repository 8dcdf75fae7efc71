// SPDX-License-Identifier: Apache-2.0
#include "cli/run.hpp"

#include "cli/verbs.hpp"
#include "transport/transport.hpp"

#include <cstdio>

namespace tokenyard::gpu {
namespace {

std::string joined(const std::vector<std::string>& arguments) {
    std::string text = "tokenyard-gpu";
    for (const std::string& argument : arguments) text += " " + argument;
    return text;
}

std::string help_for(const std::vector<Verb>& verbs) {
    std::string help =
        "tokenyard-gpu: the GPU side of Tokenyard\n\nUsage: tokenyard-gpu VERB [OPTIONS]; VERB --help says more\n\n";
    for (const Verb& verb : verbs) {
        std::string left = "  " + verb.name;
        left.resize(12, ' ');
        help += left + verb.summary + "\n";
    }
    return help + "\nThis program is " + built_with() +
           ".\nExit codes: 0 done, 1 wrong command line, 2 wrong input, 3 the world failed, 4 a check did not hold, 77 no GPU "
           "here\n";
}

}  // namespace

Outcome outcome_of(const std::function<int()>& work) {
    try {
        return {work(), {}};
    } catch (const UsageError& error) {
        return {1, std::string(error.what()) + "\nRun with --help for more information.\n"};
    } catch (const InputError& error) {
        return {2, std::string(error.what()) + "\n"};
    } catch (const NoDevice& error) {
        return {77, std::string("tokenyard-gpu: no GPU here, skipped: ") + error.what() + "\n"};  // what ctest takes for skipped
    } catch (const std::exception& error) {
        return {3, std::string("tokenyard-gpu: error: ") + error.what() + "\n"};
    }
}

int run(const std::vector<std::string>& arguments) {
    const std::vector<Verb> verbs{selftest_verb(), bench_verb(joined(arguments)), route_verb(), exchange_verb(joined(arguments)),
                                  calibrate_verb(joined(arguments))};
    if (arguments.empty()) throw UsageError("A verb is required");
    if (arguments[0] == "--help" || arguments[0] == "-h") {
        std::fputs(help_for(verbs).c_str(), stdout);
        return 0;
    }
    for (const Verb& verb : verbs) {
        if (verb.name != arguments[0]) continue;
        const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
        for (const std::string& argument : rest)
            if (argument == "--help" || argument == "-h") {
                std::fputs(help_for(verb).c_str(), stdout);
                return 0;
            }
        set_options(verb, rest);
        return verb.run();
    }
    throw UsageError("The following argument was not expected: " + arguments[0] +
                     "; expected selftest, bench, route, exchange or calibrate");
}

DeviceDescription need_device() {
    const DeviceSearch search = find_device();
    if (!search.is_found) throw NoDevice(search.reason);
    return search.device;
}

}  // namespace tokenyard::gpu
