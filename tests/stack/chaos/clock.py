# SPDX-License-Identifier: MIT
"""The time of the tests, which no fault moves; and as a program, the fault that moves the machine's clock."""

import sys
import time

HOUR = 3600 * 10**9  # nanoseconds

# From the clock that nobody can set to the right time. The greatest is the one of the two readings closest together.
_RIGHT = max(time.time_ns() - time.monotonic_ns() for _ in range(100))


def now():
    """Seconds since 1970, to compare with the engine's time stamps."""
    return (_RIGHT + time.monotonic_ns()) / 1e9


def put(ahead):
    """Sets the machine's clock to the right time and so many nanoseconds."""
    time.clock_settime_ns(time.CLOCK_REALTIME, _RIGHT + time.monotonic_ns() + ahead)


def jump(seconds):
    put(HOUR)
    try:
        time.sleep(seconds)
    finally:
        put(0)


if __name__ == "__main__":
    jump(float(sys.argv[1]))
