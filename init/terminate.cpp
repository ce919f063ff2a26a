// SPDX-License-Identifier: MIT
#include <cstdlib>

// The one that libstdc++ brings names the exception that nobody caught, and takes a demangler and
// its printf along for it. Nothing here throws but a failed allocation before the loop starts, and
// that has no name worth 60 KB.
namespace __gnu_cxx {

void __verbose_terminate_handler();  // NOLINT(bugprone-reserved-identifier): libstdc++'s name

void __verbose_terminate_handler() {
    std::abort();
}

}  // namespace __gnu_cxx
