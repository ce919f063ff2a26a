// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "base/address.hpp"

TEST_CASE("addresses of both families are told from names") {
    for (const char* text : {"0.0.0.0", "127.0.0.1", "255.255.255.255", "::", "::1", "1::",
                             "fe80::1:2", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8",
                             "::ffff:10.0.0.1", "1:2:3:4:5:6:10.0.0.1", "ABCD::ef"}) {
        CAPTURE(text);
        CHECK(base::is_address(text));
    }
    for (const char* text : {"",
                             "localhost",
                             "1.2.3",
                             "1.2.3.4.5",
                             "1.2.3.256",
                             "01.2.3.4",
                             "1.2.3.4.",
                             ".1.2.3.4",
                             "1.2.3.-4",
                             "1.2.3.4x",
                             "*",
                             ":",
                             ":::",
                             "1:2:3:4:5:6:7",
                             "1:2:3:4:5:6:7:8:9",
                             "1::2::3",
                             "1:2:3:4::5:6:7:8",
                             "12345::",
                             "g::",
                             "1:",
                             ":1",
                             "10.0.0.1::",
                             "::10.0.0.1:1",
                             "::1%eth0"}) {
        CAPTURE(text);
        CHECK_FALSE(base::is_address(text));
    }
}
