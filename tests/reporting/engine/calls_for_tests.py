"""What the processes in these tests are asked to do."""

import os
import subprocess
import sys
import time
from pathlib import Path


def come_back(argument):
    print("said", argument["word"])


def give_three(argument):
    return 3


def fail(argument):
    raise ValueError("no such ledger")


def leave(argument):
    os._exit(argument["code"])


def end_well(argument):
    sys.exit(0)


def burn(argument):
    until = time.process_time() + argument["seconds"]
    held = bytearray(argument["megabytes"] << 20)
    while time.process_time() < until:
        sum(held[:1000])


def linger(argument):
    """Start processes, in this session and in one of their own, and wait."""
    names = [
        subprocess.Popen(["sleep", "600"]).pid,
        subprocess.Popen(["sleep", "600"], start_new_session=True).pid,
    ]
    daemon = "import os, time; os.fork() and os._exit(0); os.setsid(); time.sleep(600)"
    subprocess.run([sys.executable, "-c", daemon], check=True)
    Path(argument["ready"]).write_text(" ".join(map(str, [os.getpid(), *names])), encoding="utf-8")
    if argument.get("wait", True):
        time.sleep(600)


def around(argument):
    """Write what this process finds around it."""
    import json
    import random
    import signal

    found = {
        "stdin": sys.stdin.read(), "session": os.getsid(0) == os.getpid(), "random": random.random(),
        "interrupt": signal.getsignal(signal.SIGINT) is signal.default_int_handler,
        "files": sorted(os.listdir("/proc/self/fd"), key=int),
    }  # fmt: skip
    Path(argument["to"]).write_text(json.dumps(found), encoding="utf-8")
