"""A log larger than memory, district by district: seconds, memory and rows a second of every phase.

python benchmarks/scale.py --rows 1000000 --folder OUT

One process after the other: the check and split of the study (gongzhi split), ties, ten indicators (gongzhi
indicators) and the panel, all district by district. Memory is the most that the process and its children held
at once (PSS, sampled ten times a second). Prints one JSON object last.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd

DISTRICTS, COMMUNITIES, PEOPLE, MONTHS = 500, 4, 250, 36
ROWS_AT_ONCE = 500_000
KINDS = ["help", "goods", "skill", "activity", "forum", "meeting"]
NAMES = ("density", "reciprocity", "support", "clustering", "transitivity", "assortativity_degree",
         "participation_gini", "mean_degree", "max_core", "giant_share")  # fmt: skip
START = np.datetime64("2019-01-01", "s")
ROLES = (0.9, 0.06, 0.03, 0.01)
DIRTY = 1 / 400  # share of rows with each of four faults


def write_study(folder: Path, rows: int, seed: int, form: str) -> Path:
    """Write a study of 500 districts and 36 months with so many acts, a part at a time; return its folder."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    districts = [f"D{n:04}" for n in range(DISTRICTS)]
    communities = [f"C{n:05}" for n in range(DISTRICTS * COMMUNITIES)]
    parents = np.repeat(districts, COMMUNITIES)
    pd.DataFrame({
        "place_id": ["city", *districts, *communities],
        "kind": ["city", *["district"] * DISTRICTS, *["community"] * len(communities)],
        "parent_id": ["", *["city"] * DISTRICTS, *parents],
    }).to_csv(folder / "places.csv", index=False)  # fmt: skip
    homes = np.repeat(np.arange(len(communities)), PEOPLE)
    pd.DataFrame({
        "person_id": [f"R{n:07}" for n in range(len(homes))], "community_id": np.array(communities)[homes],
        "age_band": rng.choice(["0-17", "18-44", "45-59", "60-74", "75+"], len(homes)),
        "residency": rng.choice(["registered", "non_registered"], len(homes), p=[0.6, 0.4]),
        "role": rng.choice(["resident", "volunteer", "party_member", "cadre"], len(homes), p=ROLES),
    }).to_parquet(folder / "people.parquet", index=False)  # fmt: skip
    starts = np.datetime64("2019-01", "M") + rng.integers(6, MONTHS - 6, DISTRICTS).astype("timedelta64[M]")
    treated = rng.random(DISTRICTS) < 0.6
    pd.DataFrame({
        "place_id": np.array(districts)[treated], "reform": "shared_community",
        "start": starts[treated].astype("datetime64[D]").astype(str),
    }).to_csv(folder / "reforms.csv", index=False)  # fmt: skip
    (folder / "study.toml").write_text(
        '[study]\nname = "Scale"\nfrom = "2019-01"\nuntil = "2021-12"\n'
        f'[tables.interactions]\npath = "log.{form}"\n'
    )
    _write_log(folder / f"log.{form}", rows, rng, np.array(communities))
    return folder


def _write_log(path: Path, rows: int, rng: np.random.Generator, communities: np.ndarray) -> None:
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet as pq

    writer = None
    for first in range(0, rows, ROWS_AT_ONCE):
        number = min(ROWS_AT_ONCE, rows - first)
        table = pa.Table.from_pandas(_acts(first, number, rows, rng, communities), preserve_index=False)
        if writer is None and path.suffix == ".csv":
            writer = pyarrow.csv.CSVWriter(path, table.schema)
        elif writer is None:
            writer = pq.ParquetWriter(path, table.schema, compression="zstd", compression_level=1)
        writer.write_table(table)
    writer.close()


def _acts(
    first: int, number: int, rows: int, rng: np.random.Generator, communities: np.ndarray
) -> pd.DataFrame:
    """Return acts in the order of time, as a platform writes them; a few of them are faulty."""
    seconds = MONTHS * 30.4 * 86_400
    moment = (np.arange(first, first + number) + rng.random(number)) / rows * seconds
    place = rng.integers(0, len(communities), number)
    source = place * PEOPLE + rng.integers(0, PEOPLE, number) ** 2 // PEOPLE  # some act much more than others
    near = (source + rng.integers(1, 30, number)) % PEOPLE + place * PEOPLE
    target = np.where(rng.random(number) < 0.02, rng.integers(0, len(communities) * PEOPLE, number), near)
    joins = rng.random(number) < 0.4
    week = (moment // (7 * 86_400)).astype(int)
    frame = pd.DataFrame({
        "time": (START + moment.astype("timedelta64[s]")).astype("datetime64[ms]"),
        "community_id": communities[place],
        "kind": np.where(joins, np.array(KINDS)[3 + week % 3], np.array(KINDS)[source % 3]),
        "source_id": _named("R", source, 7),
        "target_id": np.where(joins, None, _named("R", target, 7)),
        "gathering_id": np.where(joins, _named("G", place * 1000 + week, 8), None),
        "hours": np.round(rng.gamma(2.0, 0.7, number), 1),
    })  # fmt: skip
    for column, value in (
        ("community_id", "C99999"),
        ("kind", "unheard"),
        ("source_id", ""),
        ("hours", -1.0),
    ):
        frame.loc[rng.random(number) < DIRTY, column] = value
    return frame


def _named(letter: str, numbers: np.ndarray, digits: int) -> np.ndarray:
    return np.char.add(letter, np.char.zfill(numbers.astype(str), digits)).astype(object)


def split(study: Path, out: Path) -> dict:
    """Check the study and write it district by district."""
    from analysis.large import split_log

    done = split_log(study, out / "split", progress=False)
    account = done.accounting.query("table == 'interactions' and rule == ''").iloc[0]
    return {"rows": int(account["rows_in"]), "kept": int(account["kept"]), "bytes": _size(out / "split")}


def ties(study: Path, out: Path) -> dict:
    """Make the ties of every community and month."""
    from analysis.large import open_split
    from analysis.networks import build_ties
    from analysis.networks.running.units import split_study

    edges = 0
    for unit in split_study(open_split(out / "split"), None, ""):
        made = build_ties(
            unit.interactions, unit.rule, tree=unit.levels, people=unit.people, kinds=unit.kinds
        )
        edges += len(made.dyads.source)
    return {"edges": edges}


def indicators(study: Path, out: Path) -> dict:
    """Compute ten indicators of every place and month."""
    from analysis.networks import run_indicators

    done = run_indicators(out / "split", out / "indicators.parquet", names=NAMES, progress=False)
    return {"values": done.rows, "bytes": _size(done.out)}


def panel(study: Path, out: Path) -> dict:
    """Build the panel of all communities and months."""
    from analysis.large import open_split
    from analysis.panel import build_panel

    found = pd.read_parquet(out / "indicators.parquet", filters=[("layer", "=", "dyadic")])
    made = build_panel(open_split(out / "split"), indicators=found)
    made.to_parquet(out / "panel.parquet")
    return {"rows_out": len(made), "columns": made.shape[1]}


PHASES = {"split": split, "ties": ties, "indicators": indicators, "panel": panel}


def measure(phase: str, study: Path, out: Path) -> dict:
    """Run one phase in a process of its own; return its seconds, the most memory it held, what it says."""
    import resource

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, __file__, "--phase", phase, "--study", str(study), "--folder", str(out)]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    peak: list[float] = [0.0]
    watcher = threading.Thread(target=_watch, args=(process.pid, peak), daemon=True)
    watcher.start()
    said, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"{phase} failed")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    wall = time.perf_counter() - began
    return {"wall_s": round(wall, 1), "cpu_s": round(cpu, 1), "peak_mb": round(peak[0])} | json.loads(said)


def _watch(pid: int, peak: list[float]) -> None:
    import psutil

    try:
        process = psutil.Process(pid)
        while True:
            family = [process, *process.children(recursive=True)]
            peak[0] = max(peak[0], sum(p.memory_full_info().pss for p in family) / 1e6)
            time.sleep(0.1)
    except psutil.Error:  # it has ended
        return


def _size(path: Path) -> int:
    return (
        sum(f.stat().st_size for f in path.rglob("*") if f.is_file())
        if path.is_dir()
        else path.stat().st_size
    )


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=lambda text: int(float(text)), default=1_000_000)
    parser.add_argument("--folder", type=Path, default=Path("scale"), help="made, and taken away again")
    parser.add_argument("--format", choices=["parquet", "csv"], default="parquet")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--study", type=Path, help="a study to measure in place of one that is written")
    parser.add_argument("--phase", choices=list(PHASES), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.phase:
        print(json.dumps(PHASES[options.phase](options.study, options.folder)))
        return
    options.folder.mkdir(parents=True, exist_ok=True)
    study = options.study
    if study is None:
        study = write_study(options.folder / "study", options.rows, options.seed, options.format)
    found = {"log_bytes": _size(next(study.glob("log.*")))}
    for phase in PHASES:
        found[phase] = measure(phase, study, options.folder)
        print(phase, found[phase], file=sys.stderr)
    rows = found["split"]["rows"]
    for phase in PHASES:
        found[phase]["rows_per_s"] = round(rows / found[phase]["wall_s"])
        found[phase]["cpu_s_per_million"] = round(found[phase]["cpu_s"] / rows * 1e6, 2)
    if options.study is None:
        shutil.rmtree(options.folder)
    print(json.dumps({"rows": rows} | found))


if __name__ == "__main__":
    main()
