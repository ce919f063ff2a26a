// SPDX-License-Identifier: MIT
// The loud service of `make bench`: "lines COUNT [stay]" writes that many numbered lines of 100 bytes to
// its standard output, as fast as that takes them; with "stay" it lives on until it is killed.
// "lines drain" is the reader: it takes what there is on its standard input and forgets it.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE = 100, DIGITS = 9, LINES = 655, BLOCK = LINE * LINES };

static char block[1 << 20];

static int put_all(const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t wrote = write(STDOUT_FILENO, bytes, size);
        if (wrote < 0 && errno != EINTR)
            return 0;
        if (wrote > 0) {
            bytes += wrote;
            size -= (size_t)wrote;
        }
    }
    return 1;
}

static void number(char *line, long value) {
    for (int digit = DIGITS - 1; digit >= 0; --digit, value /= 10)
        line[digit] = (char)('0' + value % 10);
}

static int drain(void) {
    ssize_t got;
    while ((got = read(STDIN_FILENO, block, sizeof block)) > 0 || (got < 0 && errno == EINTR))
        continue;
    return got < 0;
}

int main(int count, char **words) {
    if (count < 2)
        return 64;
    if (strcmp(words[1], "drain") == 0)
        return drain();
    long total = atol(words[1]);
    memset(block, 'x', BLOCK);
    for (int line = 0; line < LINES; ++line) {
        block[line * LINE + DIGITS] = ' ';
        block[line * LINE + LINE - 1] = '\n';
    }
    for (long done = 0; done < total;) {
        long now = total - done < LINES ? total - done : LINES;
        for (long line = 0; line < now; ++line)
            number(block + line * LINE, done + line);
        if (!put_all(block, (size_t)(now * LINE)))
            return 1;
        done += now;
    }
    if (count > 2)
        pause();
    return 0;
}
