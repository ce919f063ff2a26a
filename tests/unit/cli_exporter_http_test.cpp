// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string>

#include "cli/exporter_http.hpp"

using cli::MetricsFormat;

namespace {

int status_of(std::string_view received) {
    const auto answer = cli::judge_request(received);
    return answer ? answer->status : 0;
}

std::string get(std::string_view target, std::string_view headers = "Host: x\r\n") {
    return "GET " + std::string{target} + " HTTP/1.1\r\n" + std::string{headers} + "\r\n";
}

}  // namespace

TEST_CASE("a request for the page is a 200 in the text format") {
    CHECK(cli::judge_request(get("/metrics")) == cli::HttpAnswer{});
    CHECK(status_of(get("/metrics?x=1")) == 200);
    CHECK(status_of(get("http://box:10191/metrics")) == 200);
    CHECK(status_of("GET /metrics HTTP/1.0\r\n\r\n") == 200);
    CHECK(status_of(get("/metrics", "host:x\r\nX-Y:\r\n")) == 200);
}

TEST_CASE("a HEAD is the same without the body") {
    const auto answer = cli::judge_request("HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(answer->is_head);
}

TEST_CASE("other paths are not found, other methods not allowed") {
    for (const auto* const path : {"/", "/metrics/", "/metricsx", "/Metrics", "*", "http://box"}) {
        CAPTURE(path);
        CHECK(status_of(get(path)) == 404);
    }
    for (const auto* const method : {"POST", "PUT", "DELETE", "OPTIONS", "get", "BREW"}) {
        CAPTURE(method);
        CHECK(status_of(method + std::string{" /metrics HTTP/1.1\r\nHost: x\r\n\r\n"}) == 405);
    }
}

TEST_CASE("while the end of a request is missing there is no answer") {
    const auto whole = get("/metrics", "Host: x\r\nAccept: */*\r\n");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CAPTURE(size);
        CHECK_FALSE(cli::judge_request(std::string_view{whole}.substr(0, size)));
    }
    CHECK(status_of(whole + "what follows\x16\x03 does not matter") == 200);
}

TEST_CASE("what is no request is a bad one") {
    for (const std::string request : {
             "GET /metrics\r\n\r\n",                           // HTTP/0.9
             "GET  /metrics HTTP/1.1\r\nHost: x\r\n\r\n",      // two spaces
             "GET /metrics HTTP/1.1 \r\nHost: x\r\n\r\n",      //
             " GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n",      //
             "GET /metrics http/1.1\r\nHost: x\r\n\r\n",       //
             "GET /metrics HTTP/1.10\r\nHost: x\r\n\r\n",      //
             "G(T /metrics HTTP/1.1\r\nHost: x\r\n\r\n",       //
             "GET /metr\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n",  //
             "\r\nGET /metrics HTTP/1.1\r\nHost: x\r\n\r\n",   //
             "GET /metrics HTTP/1.1\r\n\r\n",                  // no Host
             "GET /metrics HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
             "GET /metrics HTTP/1.1\r\nHost : x\r\n\r\n",
             "GET /metrics HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
             "GET /metrics HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
             "GET /metrics HTTP/1.1\r\nHost: x\r\n: no name\r\n\r\n",
             "GET /metrics HTTP/1.1\r\nHost: x\rY: z\r\n\r\n",  // CR alone
             "GET /metrics HTTP/1.1\nHost: x\r\n\r\n",          // LF alone
             "\r\n\r\n",
         }) {
        CAPTURE(request);
        CHECK(status_of(request) == 400);
    }
}

TEST_CASE("another protocol is told so at its first bytes") {
    CHECK(status_of("\x16\x03\x01\x02") == 400);
    CHECK(status_of(std::string_view{"\0", 1}) == 400);
    CHECK(status_of("GET /\x7f") == 400);
    CHECK(status_of("PRI * HTTP/2.0\r\n\r\n") == 505);
}

TEST_CASE("a line and a request that are too long are refused before their end") {
    CHECK(status_of("GET /" + std::string(cli::kMaxRequestLine, 'a')) == 414);
    CHECK(status_of(get("/metrics?" + std::string(cli::kMaxRequestLine, 'a'))) == 414);
    CHECK(status_of(get("/metrics?" + std::string(cli::kMaxRequestLine - 100, 'a'))) == 200);

    const std::string start = "GET /metrics HTTP/1.1\r\nHost: x\r\nCookie: ";
    CHECK(status_of(start + std::string(cli::kMaxRequest, 'a')) == 431);
    CHECK(status_of(start + std::string(cli::kMaxRequest, 'a') + "\r\n\r\n") == 431);
    const std::string fits(cli::kMaxRequest - start.size() - 4, 'a');
    CHECK(status_of(start + fits + "\r\n\r\n") == 200);
    CHECK(status_of(start + fits + "a\r\n\r\n") == 431);
}

TEST_CASE("the form is negotiated") {
    struct Row {
        const char* accept;
        bool is_open;
    };
    for (const auto& row : {
             Row{"", false},
             Row{"*/*", false},
             Row{"text/plain", false},
             Row{"text/html,application/xhtml+xml,*/*;q=0.8", false},
             Row{"application/json", false},
             Row{"application/*", false},
             Row{"application/openmetrics-text", true},
             Row{"Application/OpenMetrics-Text; Version=1.0.0", true},
             Row{"application/openmetrics-text;version=\"1.0.0\"", true},
             Row{"application/openmetrics-text;version=0.0.1", false},
             Row{"application/openmetrics-text;version=0.0.1,text/plain;version=0.0.4;q=0.5",
                 false},
             Row{"application/openmetrics-text;q=0", false},
             Row{"application/openmetrics-text, text/plain", true},
             Row{"application/openmetrics-text;q=0.4, text/plain;q=0.5", false},
             Row{"application/openmetrics-text;q=0.5, text/plain;q=0.4", true},
             Row{"application/openmetrics-text;q=0.3, */*;q=0.8", false},
             Row{"application/openmetrics-text;q=0.3, text/*;q=0.2, */*;q=0.8", true},
             Row{"application/openmetrics-text ; version=1.0.0 ; q=1.000 , */*;q=0.1", true},
             Row{"application/openmetrics-text;q=1.001", false},
             Row{"application/openmetrics-text;q=", false},
             Row{"application/openmetrics-text;q=2", false},
             Row{"application/openmetrics-text;q=0.1234", false},
             Row{",;,;=;,/", false},
             // What Prometheus 2.42 and 3 send.
             Row{"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version="
                 "0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                 true},
             Row{"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
                 "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;"
                 "escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
                 true},
         }) {
        CAPTURE(row.accept);
        const auto expected = row.is_open ? MetricsFormat::OpenMetrics : MetricsFormat::Text;
        CHECK((cli::negotiate(row.accept) == expected));
        const auto answer = cli::judge_request(
            get("/metrics", "Host: x\r\nACCEPT: " + std::string{row.accept} + "\r\n"));
        REQUIRE(answer);
        CHECK((answer->format == expected));
    }
}

TEST_CASE("several Accept lines are one list") {
    const auto answer = cli::judge_request(
        get("/metrics",
            "Host: x\r\nAccept: text/plain;q=0.1\r\nAccept: application/openmetrics-text\r\n"));
    REQUIRE(answer);
    CHECK((answer->format == MetricsFormat::OpenMetrics));
}

TEST_CASE("an answer has the length of its body, and a HEAD has that of the page") {
    cli::HttpAnswer answer;
    CHECK(cli::http_response(answer, "a 1\n") ==
          "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
          "Content-Length: 4\r\nVary: Accept\r\nConnection: close\r\n\r\na 1\n");
    answer.format = MetricsFormat::OpenMetrics;
    answer.is_head = true;
    CHECK(cli::http_response(answer, "a 1\n") ==
          "HTTP/1.1 200 OK\r\n"
          "Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"
          "Content-Length: 4\r\nVary: Accept\r\nConnection: close\r\n\r\n");
}

TEST_CASE("a refusal says why in one line") {
    struct Row {
        int status;
        const char* title;
    };
    for (const auto& row :
         {Row{400, "400 Bad Request"}, Row{404, "404 Not Found"}, Row{414, "414 URI Too Long"},
          Row{431, "431 Request Header Fields Too Large"},
          Row{505, "505 HTTP Version Not Supported"}}) {
        const std::string title = row.title;
        CHECK(cli::http_response({row.status, false, MetricsFormat::OpenMetrics}, "") ==
              "HTTP/1.1 " + title +
                  "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: " +
                  std::to_string(title.size() + 1) + "\r\nConnection: close\r\n\r\n" + title +
                  "\n");
    }
    CHECK(cli::http_response({405}, "").find("\r\nAllow: GET, HEAD\r\n") != std::string::npos);
}
