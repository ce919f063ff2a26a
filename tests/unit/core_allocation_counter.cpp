// SPDX-License-Identifier: MIT
#include "core_allocation_counter.hpp"

#include <cstdlib>
#include <new>

namespace {

std::size_t count = 0;

}  // namespace

namespace core_test {

std::size_t allocations() {
    return count;
}

}  // namespace core_test

// In a file of their own: inlined into their callers they read as mismatched to the compiler.
void* operator new(std::size_t size) {
    ++count;
    void* memory = std::malloc(size == 0 ? 1 : size);
    if (memory == nullptr) {
        std::abort();
    }
    return memory;
}
// All of a kind or none: a sanitizer's own nothrow form would not fit this delete.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    ++count;
    return std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
