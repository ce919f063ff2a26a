// SPDX-License-Identifier: MIT
#include <cstdlib>

// The one that libstdc++ brings names the exception that nobody caught, and takes a demangler and
// its printf along for it. Nothing here throws but a failed allocation before the loop starts, and
// that has no name worth 60 KB.
namespace __gnu_cxx {

// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): the name is libstdc++'s
void __verbose_terminate_handler();

void __verbose_terminate_handler() {
    std::abort();
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming): as above

}  // namespace __gnu_cxx
