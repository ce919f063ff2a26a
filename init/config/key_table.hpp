// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace config {

/// Where a key may stand.
enum class Scope {
    Service,      ///< the top of NAME.toml
    BeforeStop,   ///< before-stop = { ... }
    Ready,        ///< ready = { ... }
    WaitFor,      ///< wait-for = [{ ... }]
    Directory,    ///< directories = [{ ... }]
    Limit,        ///< nofile = { ... } in [limits]
    Restart,      ///< [restart-policy]
    Health,       ///< [health]
    HealthProbe,  ///< probe = { ... } in [health]
    Listen,       ///< listen = [{ ... }]
    Log,          ///< [log]
    Rotate,       ///< rotate = { ... } in [log]
    Limits,       ///< [limits]
    Security,     ///< [security]
    Template,     ///< [[template]]
    Setup,        ///< [[setup]]
    Container,    ///< the top of pidone.toml
};

/// What a key holds.
enum class Type {
    Text,         ///< a string
    Path,         ///< an absolute path
    Choice,       ///< one of the words in `choices`
    Flag,         ///< true or false
    Number,       ///< an integer
    Numbers,      ///< an array of integers
    Fraction,     ///< a number from 0 to 1
    Size,         ///< a string such as "64KiB", or an integer of bytes
    Duration,     ///< a string such as "10s"
    Mode,         ///< an octal string such as "0755"
    User,         ///< "name", "uid", "user:group"
    Signal,       ///< a signal's name
    Command,      ///< a program and its arguments
    Names,        ///< an array of strings
    Variables,    ///< a table of strings
    SignalTable,  ///< a table of signal names
    LimitValue,   ///< an integer, "max", or { soft, hard }
    Amount,       ///< an integer or "max"
    Endpoints,    ///< an array of URLs or tables
    Readiness,    ///< "notify", "fd:N", a URL or a table
    Probe,        ///< a URL or a table
    Sockets,      ///< an array of URLs or tables
    Instances,    ///< an integer or an array of names
    Schedule,     ///< "every 6h" or what crontab(5) takes
    Table,        ///< keys of another scope
    Tables,       ///< an array of tables
};

/// One key of the configuration. This table is the only source: a key that is not in it does not
/// exist.
struct Key {
    std::string_view name;
    Scope scope;
    Type type;
    std::string_view default_text;   ///< as it would stand in the file; "" = none
    std::string_view doc;            ///< one line
    std::string_view choices = {};   ///< Type::Choice: the words, separated by '|'
    std::string_view variable = {};  ///< the variable that overrides a key of pidone.toml
    int low = 0;  ///< Type::Number and Type::Numbers: the range; Type::Duration: the least, in ms
    int high = 0;
    bool is_required = false;  ///< its table is wrong without it
};

/// All keys, in the order of a reference.
[[nodiscard]] std::span<const Key> all_keys();

/// The key named `name` in `scope`, or null.
[[nodiscard]] const Key* find_key(Scope scope, std::string_view name);

/// What the key is for, with all that the table knows of its limits besides choices and range.
[[nodiscard]] std::string description(const Key& key);

/// The names that `scope` knows, in order.
[[nodiscard]] std::vector<std::string_view> key_names(Scope scope);

/// How a scope is called in messages: "", "[limits]", "pidone.toml", ...
[[nodiscard]] std::string_view scope_name(Scope scope);

/// What a key of this type must be, for messages: "a duration like \"10s\"".
[[nodiscard]] std::string_view expected(Type type);

}  // namespace config
