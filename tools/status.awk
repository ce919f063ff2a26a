# SPDX-License-Identifier: MIT
# The table of 'make status'. Input: a line 'container, name, state, health, restarts, exit code, out of
# memory, error' with tabs between, then what the pidone in it answered to 'status --json'. Nothing but an
# awk is needed for that, and any awk will do: mawk has no widths of characters, so only the last column may
# have others than ASCII.

function text_of(string) {
    string = substr(string, 2, length(string) - 2)
    gsub(/\\u00[0-9a-f][0-9a-f]/, "?", string)
    gsub(/\\["]/, "\"", string)
    gsub(/\\\\/, "\\", string)
    # Control characters of eight bits, which a terminal would obey as well.
    gsub(/\302[\200-\237]/, "?", string)
    return string
}

function duration(seconds) {
    seconds += 0
    if (seconds < 60) return sprintf("%.1fs", seconds)
    if (seconds < 3600) return sprintf("%dm%ds", seconds / 60, seconds % 60)
    if (seconds < 86400) return sprintf("%dh%dm", seconds / 3600, seconds % 3600 / 60)
    return sprintf("%dd%dh", seconds / 86400, seconds % 86400 / 3600)
}

function cpu_text(service,  key, percent) {
    if (value["cpu"] == "") return "-"
    key = container " " service
    print key, value["cpu"], now > (before ".new")
    if (!is_watched) return value["cpu"] < 60 ? sprintf("%.2fs", value["cpu"]) : duration(value["cpu"])
    if (!(key in cpu_before) || now + 0 <= time_before[key] + 0 || value["cpu"] + 0 < cpu_before[key] + 0) return "-"
    percent = (value["cpu"] - cpu_before[key]) * 100000 / (now - time_before[key])
    return sprintf("%.1f%%", percent)
}

function last_exit() {
    if (value["signal"] != "") return value["signal"] (value["core"] == "true" ? ", core" : "")
    return value["code"] == "" ? "-" : "code " value["code"]
}

function status_text() {
    if (value["failure"] != "" && value["state"] != "up") return value["failure"]
    if (value["status_text"] != "") return value["status_text"]
    if (value["next_run"] != "") return "runs in " duration(value["next_run"])
    return value["hold"]
}

function add(service, state, health, restarts, since, memory, cpu, last, status) {
    row[++rows] = container "\t" container_state "\t" container_health "\t" container_restarts "\t" service "\t" state "\t" \
        health "\t" restarts "\t" since "\t" memory "\t" cpu "\t" last "\t" (status == "" ? "-" : status)
}

function add_service() {
    add(value["name"], value["state"], value["health"], value["restarts"], duration(value["since"]),
        value["memory"] == "" ? "-" : sprintf("%.1fM", value["memory"] / 1048576), cpu_text(value["name"]), last_exit(), status_text())
}

# The scalars of each object in "services", and of the one in its "last_exit", by their keys.
function read_json(text,  depth, is_key, key, token) {
    while (text != "") {
        if (match(text, /^[ ,:]+/)) {
        } else if (match(text, /^"([^"\\]|\\.)*"/)) {
            token = text_of(substr(text, 1, RLENGTH))
            if (is_key[depth]) key = token
            else if (depth >= 3) value[key] = token
            is_key[depth] = is_object[depth] && !is_key[depth]
        } else if (match(text, /^[{\[]/)) {
            if (is_object[depth]) is_key[depth] = 1
            depth++
            is_object[depth] = is_key[depth] = substr(text, 1, 1) == "{"
            if (depth == 3) split("", value)
        } else if (match(text, /^[}\]]/)) {
            if (depth-- == 3) add_service()
        } else if (match(text, /^[-+.0-9a-zA-Z]+/)) {
            token = substr(text, 1, RLENGTH)
            if (depth >= 3 && token != "null") value[key] = token
            is_key[depth] = is_object[depth]
        } else return 0
        text = substr(text, RLENGTH + 1)
    }
    return depth == 0
}

function end_of(code, was_out_of_memory, error) {
    return "ended with code " code (was_out_of_memory == "true" ? ", out of memory" : "") (error == "" ? "" : ": " error)
}

BEGIN {
    FS = "\t"
    while ((getline line < before) > 0) {
        split(line, part, " ")
        cpu_before[part[1] " " part[2]] = part[3]
        time_before[part[1] " " part[2]] = part[4]
    }
    printf "" > (before ".new")
    row[++rows] = "CONTAINER\tSTATE\tHEALTH\tRESTARTS\tSERVICE\tSTATE\tHEALTH\tRESTARTS\tSINCE\tMEMORY\tCPU\tLAST EXIT\tSTATUS"
}

$1 == "container" {
    container = $2
    sub(/^\//, "", container)
    container_state = $3
    container_health = $4 == "" ? "-" : $4
    container_restarts = $5 == "" ? "-" : $5
    if ($3 != "running" || ($4 != "healthy" && $4 != "-")) {
        ill = ill (ill == "" ? "" : ", ") container " is " ($3 == "running" ? $4 : $3)
    }
    if ($3 != "running") {
        add("-", "-", "-", "-", "-", "-", "-", "-", $3 == "absent" ? "there is no container" : $3 == "paused" ? "'docker unpause " container "' lets it go on" : end_of($6, $7, $8))
    }
    next
}

{
    if ($0 !~ /^[{]/ || !read_json($0)) {
        gsub(/[\001-\037\177]/, "?")
        add("-", "-", "-", "-", "-", "-", "-", "-", "no answer: " $0)
        if (index(ill ",", container " is ") == 0) ill = ill (ill == "" ? "" : ", ") container " does not answer"
    }
}

function paint(cell, text) {
    if (cell ~ /^(healthy|up|done)$/) return "\033[32m" text "\033[m"
    if (cell ~ /^(unhealthy|failed|exited|dead|absent|restarting)$/) return "\033[31m" text "\033[m"
    if (cell ~ /^(starting|waiting|stopping|paused|created)$/) return "\033[33m" text "\033[m"
    return text
}

END {
    for (i = 1; i <= rows; i++) {
        columns = split(row[i], cell, "\t")
        for (j = 1; j < columns; j++) if (length(cell[j]) > width[j]) width[j] = length(cell[j])
    }
    for (i = 1; i <= rows; i++) {
        columns = split(row[i], cell, "\t")
        line = ""
        for (j = 1; j < columns; j++) {
            text = sprintf("%-" width[j] "s", cell[j])
            line = line (colour && i > 1 ? paint(cell[j], text) : text) "  "
        }
        print line cell[columns]
    }
    close(before ".new")
    system("mv '" before ".new' '" before "'")
    if (ill != "") {
        print "not well: " ill
        exit 1
    }
}
