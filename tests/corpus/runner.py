"""Run commands of gongzhi one after the other, each in a child with a limit of time and of memory.

python runner.py JOBS.json     [{"name", "arguments", "folder"}, ...] -> one JSON line per job on stdout
"""

import json
import os
import resource
import signal
import sys
import tempfile
import time
from pathlib import Path

SECONDS = 10  # until a command is taken for hanging
ADDRESSES = 6 << 30  # bytes of address space: libraries take two of them before anything is read


def warm() -> None:
    """Import what the commands import, so that each child starts with it."""
    import duckdb  # noqa: F401
    import pyarrow.csv
    import pyarrow.parquet  # noqa: F401
    import python_calamine  # noqa: F401

    from analysis.cli import main
    from analysis.intake import propose, write  # noqa: F401
    from analysis.tables import schema

    with tempfile.TemporaryDirectory() as folder:
        for table in schema.MODELS:
            Path(folder, f"{table}.csv").write_text(",".join(schema.columns(table)) + "\n")
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
        main(["check", folder])
        sys.stdout = sys.__stdout__


def run(job: dict) -> dict:
    """Return code, output, seconds and megabytes of one command."""
    with tempfile.TemporaryFile() as output:
        start = time.monotonic()
        child = os.fork()
        if not child:
            _child(job, output)
        _, status, used = os.wait4(child, 0)
        seconds = time.monotonic() - start
        output.seek(0)
        said = output.read().decode("utf-8", errors="replace")
    code = os.waitstatus_to_exitcode(status)
    return {
        "name": job["name"], "code": code, "said": said, "seconds": seconds,
        "megabytes": used.ru_maxrss / 1024, "cpu": used.ru_utime + used.ru_stime,
    }  # fmt: skip


def _child(job: dict, output) -> None:
    code = 70
    try:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
        sys.stdout, sys.stderr = (os.fdopen(n, "w", encoding="utf-8", closefd=False) for n in (1, 2))
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.alarm(
            4 * SECONDS
        )  # a machine that does other work beside gets more of the clock, not of the CPU
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        os.environ.update(job.get("environment", {}))
        os.chdir(job["folder"])
        from analysis.cli import main

        code = main(job["arguments"])
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warm()
    for entry in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")):
        print(json.dumps(run(entry)), flush=True)
