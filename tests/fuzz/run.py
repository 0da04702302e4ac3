"""Fuzz one target, or all in turn, with atheris: `make fuzz MINUTES=30`, or

    python tests/fuzz/run.py TARGET --minutes 3 --out reports/fuzz

Inputs that reach new code are kept in OUT/TARGET and are where the next run starts. A finding is written to
OUT/findings with its traceback; the same error at the same place is written once.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import traceback
from pathlib import Path

HERE = Path(__file__).parent
FROM = (
    "text",
    "lines",
    "excel",
    "parquet",
    "duckdb",
    "study",
    "check",
    "procedures",
    "index",
    "init",
    "values",
)
ABSENT = """gongzhi: atheris is not installed; it has no wheel for every Python, so it is not among the tools.
  mend:     pip install atheris   (Python 3.11 to 3.13 on Linux), then run this again"""


def fuzz(target: str, minutes: float, out: Path) -> None:
    """Fuzz one target for so many minutes in this process; it does not return."""
    import atheris

    sys.path.insert(0, str(HERE))
    with atheris.instrument_imports(include=["analysis"], enable_loader_override=False):
        import targets
    import seeds

    found, corpus = out / "findings", out / target
    found.mkdir(parents=True, exist_ok=True)
    corpus.mkdir(parents=True, exist_ok=True)
    for data in seeds.seeds()[target]:
        (corpus / hashlib.sha1(data).hexdigest()).write_bytes(data)
    (out / "words.txt").write_text(seeds.words())
    run = targets.TARGETS[target]

    def one(data: bytes) -> None:
        try:
            run(data)
        except Exception as error:
            note(found, target, data, error)

    limits = ["-timeout=20", "-rss_limit_mb=1500", f"-max_total_time={round(minutes * 60)}", "-max_len=8192"]
    names = [f"-dict={out / 'words.txt'}", f"-artifact_prefix={found}/{target}-", str(corpus)]
    atheris.Setup([sys.argv[0], "-verbosity=0", "-print_final_stats=1", *limits, *names], one)
    atheris.Fuzz()


def note(found: Path, target: str, data: bytes, error: Exception) -> None:
    """Write an input and what it raised, once per kind of error and line of ours."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "analysis" in f.filename]
    last = f"{Path(frames[-1].filename).stem}-{frames[-1].lineno}" if frames else "elsewhere"
    name = found / f"{target}-{type(error).__name__}-{last}"
    if not name.exists():
        name.write_bytes(data)
        name.with_suffix(".txt").write_text("".join(traceback.format_exception(error)))
        print(f"FINDING {name}", flush=True)


def main() -> int:
    """Fuzz the target named, or each in turn in a process of its own."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("target", nargs="?", choices=FROM, help="default: all, one after the other")
    parser.add_argument("--minutes", type=float, default=11.0, help="in total (default 11)")
    parser.add_argument("--out", type=Path, default=Path("reports/fuzz"))
    options = parser.parse_args()
    try:
        import atheris  # noqa: F401
    except ImportError:
        print(ABSENT, file=sys.stderr)
        return 2
    out = options.out.resolve()
    if options.target:
        fuzz(options.target, options.minutes, out)
        return 0
    each = options.minutes / len(FROM)
    for target in FROM:
        command = [sys.executable, __file__, target, "--minutes", str(each), "--out", str(out)]
        code = subprocess.run(command, check=False).returncode
        print(f"{target}: {each:g} minutes, exit {code}", flush=True)
    left = sorted(path.name for path in (out / "findings").iterdir())
    print("\n".join(left) or "no finding")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
