// SPDX-License-Identifier: Apache-2.0
#include "cli/run.hpp"
#include "cli/verbs.hpp"
#include "selftest/selftest.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <random>

namespace tokenyard::gpu {

Verb selftest_verb() {
    const auto options = std::make_shared<SelftestOptions>();
    options->seed = std::random_device{}();  // fresh inputs every time; the table says which
    Verb verb{"selftest", "every kernel against a plain CPU version of it", {}, {}};
    verb.options = {seed("of the random inputs; another one each time unless given", options->seed),
                    text("--filter", "NAME", "only kernels and cases whose name has this in it", options->filter),
                    flag("--small", "leave out the large cases, for slow checkers", options->is_small)};
    verb.run = [options] {
        const DeviceDescription device = need_device();
        const std::vector<Finding> findings = run_selftest(*options);
        if (findings.empty())
            throw UsageError("--filter: found '" + options->filter + "', which no case has; expected part of a name");
        std::fputs(as_table(findings, *options, device).c_str(), stdout);
        return std::all_of(findings.begin(), findings.end(), [](const Finding& one) { return one.holds(); }) ? 0 : 4;
    };
    return verb;
}

}  // namespace tokenyard::gpu
