# SPDX-License-Identifier: MIT
"""How each supervisor is told to run the same services, each in its fastest documented setting."""
import os
import shutil
import signal
import subprocess


class Candidate:
    """A supervisor: `write` makes its configuration and returns its command line."""

    name = package = settings = ""
    stop_signal = signal.SIGTERM
    note = ""  # what a reader of its times must know

    def version(self):
        shown = subprocess.run(["dpkg-query", "--show", "--showformat", "${Version}", self.package],
                               capture_output=True, text=True, check=False)
        return shown.stdout or "unknown"

    def write(self, home, names, service):
        raise NotImplementedError


class Pidone(Candidate):
    name = "pidone"
    settings = 'restart = "always", delay = "0s", max-attempts = 0; its control socket is open'
    keys = 'restart = "always"\n[restart-policy]\ndelay = "0s"\nmax-attempts = 0\n'

    def __init__(self, program):
        self.program = program

    def version(self):
        shown = subprocess.run([self.program, "version"], capture_output=True, text=True, check=True)
        return shown.stdout.split()[-1]

    def write(self, home, names, service):
        (home / "etc").mkdir()
        (home / "etc/pidone.toml").write_text(f'control = "{home}/control"\n')
        for turn, name in enumerate(names):
            text = f'working-directory = "{home}/{name}"\n' + self.command(service, names[:turn]) + self.keys
            (home / f"etc/{name}.toml").write_text(text)
        return [self.program, "run", "-c", f"{home}/etc"]

    def command(self, service, _):
        return f'command = ["{service}"]\n'


class PidoneChain(Pidone):
    name = "pidone, a chain"
    note = "each starts when the one before it says that it is ready (fd:3), and stops before it"

    def command(self, service, before):
        return (f'command = ["{service}", "ready"]\nready = "fd:3"\n'
                + "".join(f'requires = ["{name}"]\n' for name in before[-1:]))


class S6(Candidate):
    name = package = "s6"
    settings = "s6-svscan -t 0, ./run is the service itself (no shell); it pauses a second before each restart"
    note = "no order (s6-rc is not packaged)"

    def write(self, home, names, service):
        (home / "scan").mkdir()
        for name in names:
            (home / "scan" / name).symlink_to(home / name)
            os.link(service, home / name / "run")
        return [shutil.which("s6-svscan"), "-t", "0", str(home / "scan")]


class Runit(Candidate):
    name = package = "runit"
    settings = "runsvdir, ./run is the service itself (no shell); stopped by HUP"
    stop_signal = signal.SIGHUP
    note = "no order; leaves without waiting, and the kernel kills the services"

    def write(self, home, names, service):
        (home / "scan").mkdir()
        for name in names:
            (home / "scan" / name).symlink_to(home / name)
            os.link(service, home / name / "run")
        return [shutil.which("runsvdir"), str(home / "scan")]


class Supervisord(Candidate):
    name = "supervisord"
    package = "supervisor"
    settings = "startsecs=0, autorestart=true, no log files, no control socket"
    note = "by priority: in order, but waits for nothing"

    def write(self, home, names, service):
        text = (f"[supervisord]\nnodaemon=true\nlogfile=/dev/null\nlogfile_maxbytes=0\nloglevel=critical\n"
                f"pidfile={home}/pid\nuser=root\n")
        for turn, name in enumerate(names, 1):
            text += (f"[program:{name}]\ncommand={service}\ndirectory={home}/{name}\npriority={turn}\n"
                     "startsecs=0\nautorestart=true\nstdout_logfile=NONE\nstderr_logfile=NONE\n")
        (home / "supervisord.conf").write_text(text)
        return [shutil.which("supervisord"), "-n", "-c", str(home / "supervisord.conf")]
