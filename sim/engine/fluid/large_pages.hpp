// SPDX-License-Identifier: Apache-2.0
// Memory for tables that are looked up in no order.
#pragma once

#include <sys/mman.h>

#include <cstdlib>
#include <new>
#include <vector>

namespace tokenyard {

/// Asks the system for large pages where there is enough for some: a table of tens of MiB has more small pages than a core
/// remembers the places of. It is only a hint, and the same program without it.
template <class T>
struct LargePages {
    using value_type = T;

    LargePages() = default;
    template <class Other>
    LargePages(const LargePages<Other>&) {}

    T* allocate(std::size_t count) {
        constexpr std::size_t page = std::size_t{2} << 20;
        const std::size_t size = count * sizeof(T);
        if (size < 2 * page) return static_cast<T*>(::operator new (size, std::align_val_t{small_alignment}));
        const std::size_t whole = (size + page - 1) / page * page;
        void* const memory = ::operator new (whole, std::align_val_t{page});
        madvise(memory, whole, MADV_HUGEPAGE);
        return static_cast<T*>(memory);
    }
    void deallocate(T* memory, std::size_t count) {
        constexpr std::size_t page = std::size_t{2} << 20;
        const bool is_large = count * sizeof(T) >= 2 * page;
        ::operator delete (memory, std::align_val_t{is_large ? page : small_alignment});
    }
    bool operator==(const LargePages&) const { return true; }

private:
    static constexpr std::size_t small_alignment = 128;
};

template <class T>
using LargeTable = std::vector<T, LargePages<T>>;

}  // namespace tokenyard
