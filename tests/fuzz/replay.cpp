// SPDX-License-Identifier: MIT
// Feeds every file of the directories on the command line to a fuzz target: the corpus replayed
// with any compiler, where libFuzzer (clang) has its own main.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "fuzz.hpp"

int main(int argc, char** argv) {
    int files = 0;
    for (int i = 1; i < argc; ++i) {
        for (const auto& entry : std::filesystem::directory_iterator{argv[i]}) {
            std::ifstream file{entry.path(), std::ios::binary};
            const std::string content{std::istreambuf_iterator<char>{file}, {}};
            LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(content.data()),
                                   content.size());
            ++files;
        }
    }
    std::printf("%d inputs replayed\n", files);
    // An empty corpus would be a test that tests nothing.
    return files > 0 ? 0 : 1;
}
