// SPDX-License-Identifier: Apache-2.0
#include "model/exchange.hpp"

namespace tokenyard {

std::string_view name_of(Granularity granularity) {
    switch (granularity) {
        case Granularity::expert: return "expert";
        case Granularity::rank: return "rank";
        case Granularity::island: return "node";
    }
    return {};
}

}  // namespace tokenyard
