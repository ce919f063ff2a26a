// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>
#include <charconv>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "control/protocol.hpp"

/// docs/control-protocol.md against the code: each row of a table is one field, in the order in
/// which the setters below are listed, and setting it changes bytes of that row only.
namespace {

using namespace std::chrono_literals;

struct Row {
    std::size_t offset = 0;
    std::size_t bytes = 0;
};

struct Table {
    std::size_t size = 0;
    std::vector<Row> rows;
};

std::size_t number_at(std::string_view text) {
    std::size_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

/// The table below the line "**NAME**, N bytes".
Table table_of(const std::string& name) {
    std::ifstream page{CONTROL_PROTOCOL_PAGE};
    REQUIRE(page.is_open());
    Table table;
    const auto title = "**" + name + "**, ";
    for (std::string line; std::getline(page, line);) {
        if (table.size == 0) {
            table.size = line.starts_with(title) ? number_at(line.substr(title.size())) : 0;
        } else if (line.starts_with("| ") && line.size() > 2 && line[2] >= '0' && line[2] <= '9') {
            table.rows.push_back(
                {number_at(line.substr(2)), number_at(line.substr(line.find('|', 2) + 2))});
        } else if (!table.rows.empty()) {
            break;
        }
    }
    return table;
}

template <class Message, class Encode>
void compare(const std::string& name, const std::vector<void (*)(Message&)>& setters,
             Encode encode) {
    CAPTURE(name);
    const auto table = table_of(name);
    const auto empty = encode(Message{});
    REQUIRE(table.rows.size() == setters.size());
    CHECK(empty.bytes().size() == table.size);
    std::size_t next = 8;
    for (std::size_t i = 0; i < setters.size(); ++i) {
        const auto& row = table.rows[i];
        CAPTURE(row.offset);
        CHECK(row.offset == next);
        next = row.offset + row.bytes;
        if (setters[i] == nullptr) {
            continue;  // cannot change without the field before it
        }
        Message message;
        setters[i](message);
        const auto packet = encode(message);
        CHECK(packet.bytes()[row.offset] != empty.bytes()[row.offset]);
        for (std::size_t at = 0; at < table.size; ++at) {
            const bool is_same = packet.bytes()[at] == empty.bytes()[at];
            CHECK((is_same || (at >= row.offset && at < next)));
        }
    }
    CHECK(next == table.size);
}

template <class Message>
void compare_reply(const std::string& name, const std::vector<void (*)(Message&)>& setters) {
    compare<Message>(name, setters,
                     [](const Message& message) { return encode(control::Reply{message}); });
}

}  // namespace

TEST_CASE("a request lies in its packet as docs/control-protocol.md says") {
    using control::Request;
    compare<Request>(
        "Request",
        {[](Request& it) { it.op = control::Op::Manage; },
         [](Request& it) { it.is_waiting = true; }, [](Request& it) { it.first = 1; },
         [](Request& it) { it.wait = 1ms; }, [](Request& it) { it.name_count = 1; },
         [](Request& it) { it.action = control::Action::Stop; },
         [](Request& it) { it.signal = base::kSigTerm; }, [](Request& it) { it.after = 1; },
         [](Request& it) { it.names.fill(control::Name{"x"}); }},
        [](const Request& request) { return encode(request); });
}

TEST_CASE("the short replies lie in their packets as docs/control-protocol.md says") {
    using control::ErrorReply;
    using control::HealthReply;
    using control::ManageReply;
    using control::StatusReply;
    compare_reply<ErrorReply>("Error", {[](ErrorReply& it) { it.code = control::ErrorCode::Busy; },
                                        [](ErrorReply& it) { it.name = control::Name{"x"}; }});
    compare_reply<HealthReply>("Health",
                               {[](HealthReply& it) { it.health = control::Health::Stopping; },
                                [](HealthReply& it) { it.mode = control::Mode::Command; },
                                [](HealthReply& it) { it.service = control::Name{"x"}; },
                                [](HealthReply& it) { it.state = control::Word{"x"}; }});
    compare_reply<StatusReply>(
        "Status",
        {[](StatusReply& it) { it.health = control::Health::Stopping; },
         [](StatusReply& it) { it.mode = control::Mode::Command; },
         [](StatusReply& it) { it.version = control::Word{"x"}; },
         [](StatusReply& it) { it.uptime = 1ms; }, [](StatusReply& it) { it.total = 1; },
         [](StatusReply& it) { it.first = 1; }, [](StatusReply& it) { it.count = 1; },
         [](StatusReply& it) { it.generation = 1; }, [](StatusReply& it) { it.reaped = 1; },
         [](StatusReply& it) { it.forwarded = 1; }});
    compare_reply<ManageReply>(
        "Manage",
        {[](ManageReply& it) { it.accepted = 1; }, [](ManageReply& it) { it.also_count = 1; },
         [](ManageReply& it) { it.also.fill(control::Name{"x"}); }});
}

TEST_CASE("a service lies in its packet as docs/control-protocol.md says") {
    using Reply = control::ServiceReply;
    compare_reply<Reply>("Service", {[](Reply& it) { it.name = control::Name{"x"}; },
                                     [](Reply& it) { it.state = control::Word{"x"}; },
                                     [](Reply& it) { it.health = control::Health::Stopping; },
                                     [](Reply& it) { it.is_oneshot = it.gave_up = true; },
                                     [](Reply& it) { it.pid = base::Pid{1}; },
                                     [](Reply& it) { it.since = 1ms; },
                                     [](Reply& it) { it.spawned = 1ms; },
                                     [](Reply& it) { it.executed = 1ms; },
                                     [](Reply& it) { it.ready = 1ms; },
                                     [](Reply& it) { it.deadline = 1ms; },
                                     [](Reply& it) { it.next_run = 1ms; },
                                     [](Reply& it) { it.restarts = 1; },
                                     [](Reply& it) { it.attempt = 1; },
                                     [](Reply& it) { it.limit = 1; },
                                     [](Reply& it) { it.last_exit = base::ExitStatus::exited(0); },
                                     nullptr,
                                     [](Reply& it) { it.log_lines = 1; },
                                     [](Reply& it) { it.log_bytes = 1; },
                                     [](Reply& it) { it.log_drops = 1; },
                                     [](Reply& it) { it.hold = control::Hold::Backoff; },
                                     [](Reply& it) { it.held_by = control::Name{"x"}; },
                                     [](Reply& it) { it.behind = control::Name{"x"}; },
                                     [](Reply& it) { it.status_text = control::Line{"x"}; },
                                     [](Reply& it) { it.step = control::Line{"x"}; },
                                     [](Reply& it) { it.failure = control::Line{"x"}; }});
}
