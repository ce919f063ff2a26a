# SPDX-License-Identifier: MIT
"""pidone exporter: what real readers make of its pages, whether the values are true, and what clients can do to it."""

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest
from harness import SLOW, cpu_ticks, descriptors, read_proc, seconds_of_cpu, settle, status_field, switches, wait_until

SLEEPER = 'command = ["@BOX@", "sleep", "600"]\nessential = false\n'
RESTARTED = 'command = ["@BOX@", "sleep", "600"]\nessential = false\nrestart = "always"\nrestart-policy = { delay = "0s" }\n'
OPEN = "application/openmetrics-text"
ROOT = Path(__file__).resolve().parents[2]


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=10 * SLOW)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def request(path, method="GET", target="/metrics", accept=None):
    """Status, headers and body of one request over a unix socket."""
    connection = UnixConnection(str(path))
    connection.request(method, target, headers={"Accept": accept} if accept else {})
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, answer.headers, body


def series(page):
    """Every sample of a page, "name{labels}" -> value."""
    found = {}
    for line in page.splitlines():
        if not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            assert name not in found, f"twice: {name}"
            found[name] = float(value)
    return found


def metrics(lab, **kw):
    return series(request(lab.socket, **kw)[2])


def of(name, service="web", **labels):
    """The name of a series of a service."""
    return f"pidone_service_{name}{{" + ",".join(f'{k}="{v}"' for k, v in {"service": service, **labels}.items()) + "}"


def exporter(lab, listen="unix://@TMP@/m.sock", keys="", ready="unix://@TMP@/m.sock"):
    return (f'command = ["{lab.pidone}", "exporter", "--listen", "{listen}"]\nessential = false\n'
            f'ready = "{ready}"\n{keys}\n')


def site(lab, services=None, **kw):
    """Services with an exporter at a unix socket, all of them ready; `run.exporter` is its process."""
    lab.socket = lab.tmp / "m.sock"
    services = {"web": SLEEPER, **(services or {})}
    run = lab.service({**services, "exporter": exporter(lab, keys=kw.pop("keys", ""))}, **kw)
    run.wait_err("exporter: ready")
    run.exporter = next(pid for pid in run.tree() if "\0exporter\0" in read_proc(pid, "cmdline"))
    return run


def main_of(run, name="box"):
    return next(pid for pid, comm in run.tree().items() if comm == name)


def rss(pid):
    return int(status_field(pid, "VmRSS").split()[0])


def needs(program):
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"needs {program} of Debian's package prometheus")


@needs("promtool")
def test_promtool_has_nothing_to_say(lab):
    run = site(lab, {"job": 'type = "oneshot"\ncommand = ["@BOX@", "exit", "0"]'})
    run.wait_err("job: ")
    page = request(lab.socket)[2]
    done = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, text=True, timeout=20 * SLOW)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_both_forms_are_read_by_the_client_library_and_agree(lab):
    text_parser = pytest.importorskip("prometheus_client.parser", reason="needs python3-prometheus-client")
    open_parser = pytest.importorskip("prometheus_client.openmetrics.parser")
    run = site(lab, {"job": 'type = "oneshot"\ncommand = ["@BOX@", "exit", "0"]'})
    run.wait_err("job: ")
    status, headers, page = request(lab.socket, accept=OPEN)
    assert (status, headers["Content-Type"]) == (200, "application/openmetrics-text; version=1.0.0; charset=utf-8")
    families = {f.name: f for f in open_parser.text_string_to_metric_families(page)}
    assert families["pidone_build"].type == "info" and families["pidone_service_cpu_seconds"].unit == "seconds"
    assert families["pidone_service_restarts"].type == "counter"
    assert all(f.documentation and f.name.startswith("pidone_") for f in families.values())

    status, headers, plain = request(lab.socket)
    assert (status, headers["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    names = {s.name for f in text_parser.text_string_to_metric_families(plain) for s in f.samples}
    assert names == {s.name for f in families.values() for s in f.samples}
    assert set(series(plain)) == set(series(page.replace("# EOF\n", "")))


@needs("prometheus")
@pytest.mark.unsanitized
def test_prometheus_scrapes_a_container(lab):
    run = lab.service({"web": SLEEPER, "exporter": exporter(lab, "127.0.0.1:10191", ready="tcp://127.0.0.1:10191")}, ns=["--net"])
    run.wait_err("exporter: ready")
    config = lab.tmp / "prometheus.yml"
    config.write_text("global: {scrape_interval: 300ms, scrape_timeout: 300ms}\nscrape_configs:\n"
                      "- {job_name: pidone, static_configs: [{targets: ['127.0.0.1:10191']}]}\n")
    lab.start_inside(run, [shutil.which("prometheus"), f"--config.file={config}", f"--storage.tsdb.path={lab.tmp}/data",
                           "--web.listen-address=127.0.0.1:9090", "--log.level=error"])
    inside = ["nsenter", "-t", str(run.pid), "-n", "--", "/usr/bin/python3", "-c",
              "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode())"]

    def query(expression):
        done = subprocess.run([*inside, f"http://127.0.0.1:9090/api/v1/query?query={expression}"], capture_output=True, text=True,
                              timeout=20 * SLOW)
        return json.loads(done.stdout)["data"]["result"] if done.returncode == 0 else []

    found = wait_until(lambda: query("pidone_service_state%7Bstate=%22up%22%7D==1"), 30, "the series in Prometheus")
    assert {one["metric"]["service"] for one in found} == {"web", "exporter"}
    assert query("up")[0]["value"][1] == "1" and query("pidone_up")[0]["value"][1] == "1"
    types = subprocess.run([*inside, "http://127.0.0.1:9090/api/v1/targets/metadata?metric=pidone_service_cpu_seconds"],
                           capture_output=True, text=True, timeout=20 * SLOW).stdout
    assert '"type":"counter"' in types and '"unit":"seconds"' in types, "it negotiates OpenMetrics"


def test_the_figures_of_a_service_are_those_of_its_processes(lab):
    worker = 'command = ["/bin/sh", "-c", "i=0; while test $i -lt 200000; do i=$((i+1)); done; echo spun; @BOX@ sleep 600 & wait"]\n'
    run = site(lab, {"worker": worker})
    run.wait_out("spun")
    wait_until(lambda: metrics(lab)[of("processes", "worker")] == 2, 5, "two processes")
    tree = [main_of(run, "sh"), *run.children(main_of(run, "sh"))]
    seen = metrics(lab)
    assert seen[of("resident_memory_bytes", "worker")] == pytest.approx(sum(map(rss, tree)) * 1024, rel=0.3)
    assert seen[of("cpu_seconds_total", "worker")] == pytest.approx(sum(map(cpu_ticks, tree)) / os.sysconf("SC_CLK_TCK"), abs=0.05)
    assert seen[of("cpu_seconds_total", "worker")] > 0
    assert seen[of("open_fds", "worker")] == sum(len(descriptors(pid)) for pid in tree)
    assert seen[of("state", "worker", state="up")] == 1 and seen[of("health", "worker", health="healthy")] == 1


def test_moments_are_seconds_since_1970_and_stay_what_they_are(lab):
    before = time.time()
    run = site(lab)
    run.wait_err("web: ready")
    first, second = metrics(lab), metrics(lab)
    moments = ["pidone_start_time_seconds", of("start_time_seconds"), of("ready_time_seconds"), of("ready_duration_seconds")]
    assert [first[m] for m in moments] == [second[m] for m in moments]
    assert before - 2 < first[moments[0]] <= first[moments[1]] + 0.1 and first[moments[1]] <= first[moments[2]] < time.time() + 2
    assert run.running()


def test_a_kill_is_seen_in_restarts_and_the_last_exit(lab):
    run = site(lab, {"web": RESTARTED})
    seen = metrics(lab)
    assert seen[of("restarts_total")] == 0 and of("last_exit_code") not in seen and of("last_exit_signal") not in seen
    for count in (1, 2):
        victim = main_of(run)
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda n=count: metrics(lab)[of("restarts_total")] == n and metrics(lab)[of("state", state="up")] == 1, 5, "the restart")
    seen = metrics(lab)
    assert seen[of("last_exit_code")] == 137 and seen[of("last_exit_signal")] == 9


def test_the_code_of_an_end_is_kept_when_nothing_runs_any_more(lab):
    site(lab, {"job": 'essential = false\ncommand = ["@BOX@", "exit", "9"]'})
    wait_until(lambda: metrics(lab).get(of("last_exit_code", "job")) == 9, 5, "the exit code")
    seen = metrics(lab)
    assert seen[of("last_exit_signal", "job")] == 0 and seen[of("processes", "job")] == 0
    assert of("resident_memory_bytes", "job") not in seen and of("cpu_seconds_total", "job") not in seen


def test_a_stranger_to_the_services_sees_all_but_their_descriptors(lab):
    run = site(lab, keys='user = "nobody"\nsecurity = { capabilities = [] }')
    assert status_field(run.exporter, "Uid").split()[0] == "65534" and int(status_field(run.exporter, "CapEff"), 16) == 0
    seen = metrics(lab)
    assert seen["pidone_up"] == 1 and seen[of("state", state="up")] == 1
    assert seen[of("processes")] == 1 and seen[of("resident_memory_bytes")] > 0 and of("cpu_seconds_total") in seen
    assert of("open_fds") not in seen and of("open_fds", "exporter") in seen


def test_methods_and_paths(lab):
    site(lab)
    status, headers, body = request(lab.socket, "HEAD")
    assert (status, body) == (200, "") and int(headers["Content-Length"]) > 1000
    assert request(lab.socket, target="/")[0] == 404
    status, headers, _ = request(lab.socket, "POST")
    assert (status, headers["Allow"]) == (405, "GET, HEAD")
    status, headers, body = request(lab.socket)
    assert int(headers["Content-Length"]) == len(body.encode())


def test_concurrent_scrapers_all_get_a_whole_page(lab):
    site(lab)
    pages, threads = [], []
    for _ in range(60):
        threads.append(threading.Thread(target=lambda: pages.append(request(lab.socket))))
        threads[-1].start()
    for thread in threads:
        thread.join(20 * SLOW)
    assert len(pages) == 60
    assert all(status == 200 and int(h["Content-Length"]) == len(body) and "pidone_up 1" in body for status, h, body in pages)


def test_garbage_and_silence_cost_a_timeout_and_nothing_else(lab):
    run = site(lab)
    settle(run.exporter)
    clean = len(descriptors(run.exporter))
    clients = []
    for i in range(200):
        client = socket.socket(socket.AF_UNIX)
        client.connect(str(lab.socket))
        with contextlib.suppress(OSError):
            client.send([b"", b"GET", b"\x16\x03\x01\x00", b"GET /metrics HTTP/1.1\r\nHost: x\r\n", os.urandom(3000)][i % 5])
        clients.append(client)
    status, _, body = request(lab.socket)
    assert status == 200 and "pidone_up 1" in body
    assert len(descriptors(run.exporter)) <= clean + 17
    for client in clients:
        client.close()
    wait_until(lambda: len(descriptors(run.exporter)) == clean, 10, "closed descriptors")
    assert run.running() and metrics(lab)["pidone_up"] == 1 and metrics(lab)[of("restarts_total", "exporter")] == 0


def test_a_hundred_services_fit_on_one_page(lab):
    run = site(lab, {f"s{i:03}": SLEEPER for i in range(100)})
    wait_until(lambda: sum(metrics(lab)[of("state", f"s{i:03}", state="up")] for i in range(100)) == 100, 10, "all services")
    seen = metrics(lab)
    assert seen["pidone_services"] == 102
    assert all(seen[of("processes", f"s{i:03}")] == 1 for i in range(100))
    assert run.running()


def test_without_a_scrape_it_sleeps(lab):
    run = site(lab)
    metrics(lab)
    settle(run.exporter, timeout=20)
    before = switches(run.exporter)
    assert seconds_of_cpu(run.exporter, 2) == 0 and switches(run.exporter) == before


@pytest.mark.unsanitized
def test_its_memory_does_not_grow_over_a_thousand_scrapes(lab):
    run = site(lab)
    for _ in range(100):
        metrics(lab)
    before = rss(run.exporter)
    for i in range(1000):
        metrics(lab, accept=OPEN if i % 2 else None)
    assert rss(run.exporter) <= before + 64, f"{before} KiB before"


def outside(lab, *args):
    """An exporter outside of any container."""
    process = subprocess.Popen([lab.pidone, "exporter", *map(str, args)], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                               env=lab.base_env, start_new_session=True)
    lab.helpers.append(process)
    return process


def test_a_pid_1_that_is_away_is_down_and_no_error(lab):
    lab.socket = lab.tmp / "m.sock"
    process = outside(lab, "--listen", f"unix://{lab.socket}", "--control", "/nowhere/control")
    assert process.stderr.readline() == f"pidone: exporter: metrics on unix://{lab.socket}, path /metrics\n"
    for accept in (None, OPEN):
        status, _, body = request(lab.socket, accept=accept)
        assert status == 200 and series(body.replace("# EOF\n", "")) == {"pidone_up": 0}
    assert process.poll() is None
    process.terminate()
    assert process.wait(5 * SLOW) == -signal.SIGTERM
    said = process.stderr.read()
    assert said == "pidone: exporter: cannot reach pid 1 at '/nowhere/control': no such file or directory\n", "said once"


def test_a_pid_1_that_does_not_answer_is_down(lab):
    """What listens and never speaks is waited for only so long; then the next scrape is as good as the first."""
    lab.socket = lab.tmp / "m.sock"
    mute = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    mute.bind(str(lab.tmp / "mute"))
    mute.listen(5)
    process = outside(lab, "--listen", f"unix://{lab.socket}", "--control", lab.tmp / "mute")
    process.stderr.readline()
    assert series(request(lab.socket)[2]) == {"pidone_up": 0}
    mute.close()
    assert series(request(lab.socket)[2]) == {"pidone_up": 0}
    assert process.poll() is None


def test_a_dead_exporter_is_replaced_at_the_same_socket(lab):
    run = site(lab, keys='restart = "always"\nrestart-policy = { delay = "0s" }')
    os.kill(run.exporter, signal.SIGKILL)

    def again():
        with contextlib.suppress(OSError, http.client.HTTPException):
            return metrics(lab)[of("restarts_total", "exporter")] == 1
        return False

    wait_until(again, 5, "the next exporter")


@pytest.mark.parametrize("listen, hosts", [("127.0.0.1:10191", ["127.0.0.1"]), ("[::]:10191", ["127.0.0.1", "::1"]),
                                           (":10191", ["127.0.0.1", "::1"]), ("[::1]:10191", ["::1"]),
                                           ("localhost:10191", ["127.0.0.1"])])
def test_every_form_of_address(lab, listen, hosts):
    if "::1" in hosts and not os.path.exists("/proc/net/if_inet6"):
        pytest.skip("no IPv6 here")
    run = lab.service({"exporter": exporter(lab, listen, ready="tcp://" + ("[::1]" if hosts == ["::1"] else "127.0.0.1") + ":10191")},
                      ns=["--net"])
    run.wait_err("exporter: ready")
    for host in hosts:
        url = f"http://[{host}]:10191/metrics" if ":" in host else f"http://{host}:10191/metrics"
        assert lab.cli(run, "probe", url, "--timeout", "3s").returncode == 0


def test_what_it_cannot_listen_on_it_says(lab):
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    address = f"127.0.0.1:{taken.getsockname()[1]}"
    done = lab.local("exporter", "--listen", address)
    assert (done.returncode, done.stderr) == (71, f"pidone: exporter: cannot listen on tcp://{address}: address already in use\n")
    done = lab.local("exporter", "--listen", "1.2.3:80")
    assert done.returncode == 64
    assert done.stderr == ("pidone: exporter: '--listen 1.2.3:80': "
                           "expected ADDRESS:PORT, [ADDRESS]:PORT, NAME:PORT, :PORT or unix:///PATH\n")


@pytest.fixture
def named(lab):
    """Keys of a container whose /etc/hosts knows 'metrics.example', which has an address elsewhere too."""
    hosts = lab.tmp / "hosts"
    hosts.write_text("192.0.2.1 metrics.example\n127.0.0.7 metrics.example\n192.0.2.2 away.example\n")
    return {"ns": ["--net", "--bind", f"{hosts}:/etc/hosts"]}


def test_a_name_means_the_address_that_is_the_containers_own(lab, named):
    run = lab.service({"exporter": exporter(lab, "metrics.example:10191", ready="tcp://127.0.0.7:10191")}, **named)
    run.wait_err("exporter: metrics on tcp://metrics.example:10191, path /metrics")
    run.wait_err("exporter: ready")
    assert lab.cli(run, "probe", "http://127.0.0.7:10191/metrics", "--timeout", "3s").returncode == 0
    assert lab.cli(run, "probe", "tcp://127.0.0.1:10191", "--timeout", "100ms").returncode == 1


@pytest.mark.parametrize("name, why", [("away.example", "cannot assign requested address"),
                                       ("nobody.invalid", "no name server answered for 'nobody.invalid'")])
def test_a_name_that_means_nothing_here_is_refused_and_said(lab, named, name, why):
    run = lab.service({"exporter": exporter(lab, f"{name}:10191", ready=f"tcp://{name}:10191")}, **named)
    run.wait_err(f"exporter: cannot listen on tcp://{name}:10191: {why}")
    run.wait_err("exporter: exited with status 71")


def test_its_help_names_the_default_address(lab):
    done = lab.local("exporter", "--help")
    assert done.returncode == 0 and re.search(r"127\.0\.0\.1:10191", done.stdout)
    assert "pidone exporter [--listen ADDR]" in lab.local("help").stdout


def test_the_documentation_names_every_series_and_no_other(lab):
    site(lab, {"job": 'type = "oneshot"\ncommand = ["@BOX@", "exit", "0"]'})
    wait_until(lambda: of("last_exit_code", "job") in metrics(lab), 5, "an end")
    shown = {name.partition("{")[0] for name in metrics(lab)}
    tables = [line for line in (ROOT / "docs" / "metrics.md").read_text().splitlines() if line.startswith("| `")]
    documented = {name for line in tables for name in re.findall(r"`(pidone_\w+)(?:\{\w+\})?`", line.split("|")[1])}
    assert shown <= documented, shown - documented
    source = (ROOT / "init" / "cli" / "exporter_metrics.cpp").read_text()
    bare = {re.sub("^pidone_|_total$|_info$", "", name) for name in documented}
    assert bare == set(re.findall(r'\{Type::\w+, "(\w+)"', re.sub(r",\s+", ", ", source)))
