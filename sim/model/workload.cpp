// SPDX-License-Identifier: Apache-2.0
#include "model/workload.hpp"

#include <cassert>

namespace tokenyard {

Message message_of(const Encoding& encoding, int hidden) {
    assert(hidden > 0);
    const long elements = (static_cast<long>(hidden) * encoding.dtype.bits + 7) / 8;
    long scales = 0;
    if (encoding.scale_block > 0) {
        const long blocks = (hidden + encoding.scale_block - 1) / encoding.scale_block;
        scales = blocks * encoding.scale_dtype.bits / 8;
    }
    return {bytes(static_cast<double>(elements)), bytes(static_cast<double>(scales)), encoding.metadata};
}

}  // namespace tokenyard
