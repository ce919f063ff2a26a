// SPDX-License-Identifier: MIT
// For the static binary, where nothing is thrown: the library's checks end the program at once, and
// so does memory that runs out. Without these the linker brings the machinery of exceptions, its
// tables and its reserve of memory: 110 KB, 8 KB of them touched, and a tenth of the start's time.
// All functions of libstdc++'s functexcept.cc are here; were one missing, its whole object would
// come, and "multiple definition" would say so.
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <new>
#include <string_view>
#include <typeinfo>

namespace {

[[noreturn]] void die(std::string_view what) {
    for (const auto part : std::array<std::string_view, 3>{"pidone: ", what, "\n"}) {
        static_cast<void>(!::write(STDERR_FILENO, part.data(), part.size()));
    }
    std::abort();
}

void* allocate(void* memory) {
    if (memory == nullptr) {
        die("out of memory");
    }
    return memory;
}

}  // namespace

// NOLINTBEGIN(*-identifier,*-naming,*-parameter-name,*-new-delete-*,cert-dcl5*): the library's
// names

void* operator new(std::size_t size) {
    return allocate(std::malloc(size));
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    void* memory = nullptr;
    return ::posix_memalign(&memory, static_cast<std::size_t>(alignment), size) == 0
               ? memory
               : allocate(nullptr);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return std::malloc(size);
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
    std::free(memory);
}

namespace std {

void __throw_bad_exception() {
    die("bad_exception");
}
void __throw_bad_alloc() {
    die("out of memory");
}
void __throw_bad_array_new_length() {
    die("bad_array_new_length");
}
void __throw_bad_cast() {
    die("bad_cast");
}
void __throw_bad_typeid() {
    die("bad_typeid");
}
void __throw_logic_error(const char* what) {
    die(what);
}
void __throw_domain_error(const char* what) {
    die(what);
}
void __throw_invalid_argument(const char* what) {
    die(what);
}
void __throw_length_error(const char* what) {
    die(what);
}
void __throw_out_of_range(const char* what) {
    die(what);
}
void __throw_out_of_range_fmt(const char* what, ...) {
    die(what);
}
void __throw_runtime_error(const char* what) {
    die(what);
}
void __throw_range_error(const char* what) {
    die(what);
}
void __throw_overflow_error(const char* what) {
    die(what);
}
void __throw_underflow_error(const char* what) {
    die(what);
}

// Asked by make_shared of a build without type information, whose other question is enough.
bool _Sp_make_shared_tag::_S_eq(const type_info&) noexcept {
    return false;
}

}  // namespace std

extern "C" {

void _Unwind_Resume(void* exception);
int __gcc_personality_v0();

// glibc's clean-up for threads that are cancelled.
void _Unwind_Resume(void*) {
    die("unwound");
}
int __gcc_personality_v0() {
    die("unwound");
}

}  // extern "C"
// NOLINTEND(*-identifier,*-naming,*-parameter-name,*-new-delete-*,cert-dcl5*): as above
