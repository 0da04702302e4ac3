"""Linux's Landlock: a process gives up, for good, what it may do to files, sockets and other processes."""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

CREATE, ADD, RESTRICT = 444, 445, 446  # system calls; the same numbers on all machines
READ = 1 << 0 | 1 << 2 | 1 << 3  # execute, read files, list folders
WRITE = 1 << 1 | sum(1 << bit for bit in range(4, 13))  # write, remove, make
LATER = {2: 1 << 13, 3: 1 << 14, 5: 1 << 15}  # version that brought it: link across, truncate, device control
NO_NEW_PRIVILEGES = 38  # of prctl(2)
NETWORK, SCOPE = 0b11, 0b11  # bind and connect; signals and abstract sockets
FILE_ONLY = 1 << 0 | 1 << 1 | 1 << 2 | LATER[3] | LATER[5]


def version() -> int:
    """Return the version the kernel offers; 0 if none."""
    if not sys.platform.startswith("linux"):
        return 0
    return max(0, _libc().syscall(CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1)))


def confine(readable: Iterable[Path], writable: Iterable[Path]) -> int:
    """Allow this process, and all it starts, no more than to read and write there.

    Returns
    -------
    int
        The version used: 0 if the kernel has none and nothing was confined. From 4 on network connections are
        closed too, from 6 on no signal reaches a process outside.
    """
    number = version()
    if not number:
        return 0
    write = WRITE | sum(right for least, right in LATER.items() if number >= least)
    rules = [READ | write, NETWORK if number >= 4 else None, SCOPE if number >= 6 else None]
    attributes = b"".join(struct.pack("=Q", rule) for rule in rules if rule is not None)
    ruleset = _call(CREATE, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    for paths, rights in ((readable, READ), (writable, READ | write)):
        for path in paths:
            _allow(ruleset, path, rights)
    if _libc().prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "no_new_privs")
    _call(RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    os.close(ruleset)
    return number


def _allow(ruleset: int, path: Path, rights: int) -> None:
    if not path.exists():
        return
    there = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rights = rights if path.is_dir() else rights & FILE_ONLY
        rule = struct.pack("=Qi", rights, there)
        _call(ADD, ctypes.c_int(ruleset), ctypes.c_int(1), rule, ctypes.c_uint32(0))
    finally:
        os.close(there)


def _call(number: int, *arguments: object) -> int:
    result = _libc().syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
