// SPDX-License-Identifier: MIT
// The service of `make bench`: the smallest process that can be seen to start. It writes its name,
// that of its working directory, and the time of CLOCK_MONOTONIC to the FIFO "mark" there, and rests.
// With "ready" as its argument it says on descriptor 3 that it is ready.
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    char path[PATH_MAX], line[128];
    if (!getcwd(path, sizeof path)) return 1;
    int fifo = open("mark", O_WRONLY | O_CLOEXEC);
    int length = snprintf(line, sizeof line, "%s %lld%09ld\n", strrchr(path, '/') + 1,
                          (long long)now.tv_sec, now.tv_nsec);
    // A line is shorter than PIPE_BUF, so lines of many services do not mix.
    if (fifo < 0 || write(fifo, line, (size_t)length) != length) return 1;
    close(fifo);
    if (argc > 1 && !strcmp(argv[1], "ready") && write(3, "\n", 1) != 1) return 1;
    return pause();
}
