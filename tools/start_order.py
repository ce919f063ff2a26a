#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Prints init/start_order.ld: the code that a start in command mode executes, for the linker to put
side by side. Steps through a start of the release with ptrace(2), once as PID 1 and once as a
subreaper, and finds the sections in the linker's map. Needs root, for the PID namespace.

    ninja -C build init/pidone && tools/start_order.py build > order && mv order init/start_order.ld"""
import bisect
import ctypes
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

TRACE_ME, GET_REGISTERS, SINGLE_STEP = 0, 12, 9  # sys/ptrace.h
CLONE_NEWPID = 0x20000000
REGISTERS, RIP = 27, 16  # struct user_regs_struct of sys/user.h, in words
SECTION = re.compile(r"^ (\.text\S*)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S+)$", re.M)
HEAD = """/* SPDX-License-Identifier: MIT
 * Made by tools/start_order.py: what a start in command mode executes lies side by side. Spread over
 * the program it costs a page fault for every 64 KB. A line that no longer names anything is harmless. */
SECTIONS
{
  .text.start : {
"""
TAIL = "  }\n}\nINSERT BEFORE .text;\n"

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def check(result, what):
    if result < 0:
        sys.exit(f"error: {what}: {os.strerror(ctypes.get_errno())}")


def executed(argv, as_init):
    """The addresses at which an instruction of the program itself was, not of its child."""
    if as_init:
        check(libc.unshare(CLONE_NEWPID), "unshare (as root?)")
    pid = os.fork()
    if pid == 0:
        libc.ptrace(TRACE_ME, 0, None, None)
        os.execv(argv[0], argv)
    addresses = set()
    registers = (ctypes.c_ulong * REGISTERS)()
    _, status = os.waitpid(pid, 0)
    while os.WIFSTOPPED(status):
        check(libc.ptrace(GET_REGISTERS, pid, None, registers), "ptrace")
        addresses.add(registers[RIP])
        stopped_by = os.WSTOPSIG(status)
        passed_on = None if stopped_by == signal.SIGTRAP else stopped_by
        check(libc.ptrace(SINGLE_STEP, pid, None, passed_on), "ptrace")
        _, status = os.waitpid(pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"error: {' '.join(argv)} did not end with 0")
    return addresses


def linked_with_map(build, directory):
    """The program linked once more, with the linker's map beside it."""
    commands = subprocess.run(["ninja", "-C", build, "-t", "commands", "init/pidone"], check=True,
                              capture_output=True, text=True).stdout
    link = commands.strip().splitlines()[-1].replace("-o init/pidone", f"-o {directory}/pidone", 1)
    subprocess.run(f"{link} -Wl,-Map={directory}/map", shell=True, cwd=build, check=True)
    return f"{directory}/pidone", pathlib.Path(f"{directory}/map").read_text()


def pattern(section, file):
    """An input section as a linker script names it, wherever the library lies."""
    member = re.search(r"([^/]+\.a)\((.+)\)$", file)
    return f"    *{member[1]}:{member[2]}({section})\n" if member else f"    *({section})\n"


def main(build):
    with tempfile.TemporaryDirectory() as directory:
        program, text = linked_with_map(build, directory)
        addresses = set()
        for options, as_init in (["-s"], False), ([], True):
            addresses |= executed([program, *options, "--", "/bin/true"], as_init)
    sections = sorted((int(at, 16), int(size, 16), name, file) for name, at, size, file in SECTION.findall(text)
                      if int(at, 16) and int(size, 16))
    begins = [begin for begin, *_ in sections]
    lines = set()
    for address in addresses:
        begin, size, name, file = sections[bisect.bisect_right(begins, address) - 1]
        # The objects of the C runtime have no name of their own in another version of the compiler.
        if begin <= address < begin + size and not file.endswith(("crt1.o", "crti.o", "crtn.o", "crtbeginT.o", "crtend.o")):
            lines.add(pattern(name, file))
    sys.stdout.write(HEAD + "".join(sorted(lines)) + TAIL)


main(sys.argv[1])
