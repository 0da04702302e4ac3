"""How fast networks are made and measured: side by side with networkx, pandas, igraph and a bare scan."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.errors import StudyError
from analysis.networks import rivals
from analysis.networks.building.build import build_ties
from analysis.networks.building.layout import DYADIC, GATHERINGS
from analysis.networks.building.logs import read_log, read_log_parts
from analysis.networks.building.parts import split
from analysis.networks.building.rule import TieRule
from analysis.networks.building.ties import Ties
from analysis.networks.indicators import indicators

PER_COMMUNITY, PEOPLE, MONTHS = 25_000, 2_000, 12  # acts and people of a community, months of the log
GATHERINGS_A_MONTH = 36
WOVEN = 50_000  # rows woven at once, so that their networks stay in a cache
SLOW = 1_000_000  # acts that networkx, pandas and igraph are measured on, at most
ROUNDS = 3
THIN = 1_000  # communities
TEN = [
    "density", "mean_degree", "giant_share", "isolates_share", "reciprocity", "transitivity", "clustering",
    "support", "ei_residency", "participation_gini",
]  # fmt: skip


def main(events: int = 1_000_000) -> dict[str, float]:
    """Measure, print one JSON object as the last line, and return it.

    Parameters
    ----------
    events : int, default 1,000,000
        Acts in the log, at least 25,000.

    Returns
    -------
    dict
        events; ties_vs_networkx, ties_vs_loop, ties_vs_pandas: their CPU time / ours, from the Parquet file
        to dyadic ties and projected gatherings of every community and month (networkx projects itself, or
        gets pairs from a loop by hand); ties_vs_scan: our CPU time / that of reading the same columns and
        looking at each value; indicators_vs_networkx, indicators_vs_igraph: their CPU
        time / ours for ten indicators of every community's dyadic ties over the whole time, from their
        graphs and our `Ties` as they stand in memory; peak_rss_mb: most memory of a process that reads,
        builds and measures the whole log in our way, once. And what they rest on: events_compared (acts
        that networkx, pandas and igraph were given, a million at most), rounds, thin_cpu_ms (CPU
        milliseconds per community for the ties and ten indicators of 1,000 communities of 40 people and 250
        acts, every month and the whole time, every layer), seconds of CPU.

    Raises
    ------
    StudyError
        If there are fewer than 25,000 events.

    Notes
    -----
    CPU seconds of this process, all its threads; medians of three rounds in which the sides take turns,
    except the networkx loops, which run once. Before, everything has run once on a small log, so that
    nothing is compiled while the clock runs. All sides' results are compared before any ratio is printed.
    """
    if events < PER_COMMUNITY:
        raise StudyError(
            "There are too few events to measure.", where="events", value=events,
            expected=f"at least {PER_COMMUNITY:,}", mend="Use --events 1000000.",
        )  # fmt: skip
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor,
    ):
        executor.submit(int).result()  # started while we are small: a child's peak begins with its parent's
        small, log, part = (Path(folder) / name for name in ("small.parquet", "log.parquet", "part.parquet"))
        write_log(small, 2 * PER_COMMUNITY)
        _compare_ties(small, small, 1, quiet=True)
        _compare_indicators(small, 1)
        result, compared = {"events": events}, min(events, SLOW)
        write_log(log, events)
        if compared < events:
            write_log(part, compared)
        else:
            part = log
        found = _compare_ties(log, part, ROUNDS) | _compare_indicators(part, ROUNDS)
        peak = executor.submit(_whole_run, log).result()
        result |= {name: round(found.pop(name), 2) for name in RATIOS} | {"peak_rss_mb": round(peak)}
        result |= {"events_compared": compared, "rounds": ROUNDS, "thin_cpu_ms": round(_thin(ROUNDS), 3)}
        result |= {name: round(seconds, 3) for name, seconds in found.items()}
    print(json.dumps(result))
    return result


RATIOS = (
    "ties_vs_networkx",
    "ties_vs_loop",
    "ties_vs_pandas",
    "ties_vs_scan",
    "indicators_vs_networkx",
    "indicators_vs_igraph",
)


def write_log(path: Path, events: int, seed: int = 0) -> None:
    """Write a log of acts, sorted by community and month: 60 % between two people, 40 % joins of gatherings.

    Communities have 2,000 people and 25,000 acts over 12 months; how active people are is lognormal, so that
    some pairs meet often; a month has 36 gatherings of 23 people on average (lognormal too).
    """
    import pyarrow.parquet as pq

    writer = None
    for first in range(0, events, 40 * PER_COMMUNITY):
        size = min(40 * PER_COMMUNITY, events - first)
        table = _acts(np.random.default_rng([seed, first]), size, first // PER_COMMUNITY)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table, row_group_size=2**18)
    writer.close()


def _acts(rng: np.random.Generator, size: int, first: int):
    import pyarrow as pa

    community = first + np.arange(size) // PER_COMMUNITY
    month = np.arange(size) % PER_COMMUNITY * MONTHS // PER_COMMUNITY
    active = np.cumsum(rng.lognormal(0, 0.8, PEOPLE))
    source, target = (np.searchsorted(active, rng.random(size) * active[-1]) for _ in range(2))
    target = np.where(target == source, (target + 1) % PEOPLE, target)
    kind = rng.choice(3, size, p=[0.4, 0.2, 0.4])
    start = (np.datetime64("2021-01", "M") + month).astype("datetime64[us]")
    sizes = np.cumsum(rng.lognormal(0, 0.6, GATHERINGS_A_MONTH))
    gathering = np.searchsorted(sizes, rng.random(size) * sizes[-1])
    gathering += (community * MONTHS + month) * GATHERINGS_A_MONTH

    def texts(prefix: str, codes: np.ndarray, missing: np.ndarray | None = None):
        found, position = np.unique(codes, return_inverse=True)
        names = pa.array([f"{prefix}{code:08d}" for code in found])
        return names.take(pa.array(position, mask=missing))

    return pa.table(
        {
            "time": start + rng.integers(0, 28 * 86_400, size).astype("timedelta64[s]"),
            "community_id": texts("C", community),
            "kind": pa.array(["help", "goods", "activity"]).take(pa.array(kind)),
            "source_id": texts("p", community * PEOPLE + source),
            "target_id": texts("p", community * PEOPLE + target, kind == 2),
            "gathering_id": texts("g", gathering, kind < 2),
        }
    )


def weave(path: Path) -> tuple[int, int, float]:
    """Our way: dyadic ties, projected ties and the sum of Newman weights, over communities and months."""
    found = [0, 0, 0.0]
    for log in read_log_parts(path):
        for part in split(build_ties(log), WOVEN):
            found[0] += len(part.blocks(DYADIC, "community", False, layers=[DYADIC]).indices) // 2
            projected = part.blocks(GATHERINGS, "community", False, layers=[GATHERINGS])
            found[1] += len(projected.indices) // 2
            found[2] += projected.weight.sum() / 2
    return tuple(found)


def _compare_ties(log: Path, part: Path, rounds: int, quiet: bool = False) -> dict[str, float]:
    ours, theirs = [], []
    seconds = {name: [] for name in ("ours", "scan", "pandas", "ours_compared")}
    for number in range(rounds):
        seconds["scan"].append(_clock(rivals.scan, log)[0])
        spent, _ = _clock(weave, log)
        seconds["ours"].append(spent)
        spent, found = _clock(weave, part)
        seconds["ours_compared"].append(spent)
        ours.append(found)
        spent, found = _clock(rivals.pandas_ties, part)
        seconds["pandas"].append(spent)
        theirs.append(found)
        if not quiet:
            _say(f"ties, round {number + 1}: " + ", ".join(f"{k} {v[-1]:.2f} s" for k, v in seconds.items()))
    networkx, found = _clock(rivals.networkx_ties, part)
    loop, same = _clock(rivals.loop_ties, part)
    for other in (*theirs, found, same):
        _agree(ours[0], other)
    middle = {name: statistics.median(values) for name, values in seconds.items()}
    return {
        "ties_vs_networkx": networkx / middle["ours_compared"],
        "ties_vs_loop": loop / middle["ours_compared"],
        "ties_vs_pandas": middle["pandas"] / middle["ours_compared"],
        "ties_vs_scan": middle["ours"] / middle["scan"],
        "ties_seconds": middle["ours"],
        "ties_seconds_compared": middle["ours_compared"],
        "scan_seconds": middle["scan"],
    }


def _compare_indicators(part: Path, rounds: int) -> dict[str, float]:
    ties = build_ties(read_log(part), TieRule(period="all"))
    names = ties.persons.tolist()
    residency = np.where(np.arange(len(names)) % 3 > 0, "registered", "non_registered")
    people = pd.DataFrame({"person_id": names, "community_id": None, "residency": residency})
    edges = [ties.edges(place, DYADIC) for place in ties.layout.communities]
    group, done = dict(zip(names, residency, strict=True)), rivals.count_acts(edges)
    loops = rivals.networkx_graphs(edges)
    graphs = rivals.igraph_graphs(loops)
    # without homes, a network's people are those active there in either form: give every side the same
    seconds = {"ours": [], "igraph": []}
    only = build_ties(read_log(part).query("gathering_id.isna()"), TieRule(period="all"), people=people)
    for _ in range(rounds):
        spent, table = _clock(_ten, only)
        seconds["ours"].append(spent)
        spent, found = _clock(rivals.igraph_indicators, graphs, done, group)
        seconds["igraph"].append(spent)
    ours = table["value"].to_numpy().reshape(-1, len(TEN))
    _agree(ours, found)
    loop, found = _clock(rivals.networkx_indicators, loops, done, group)
    _agree(ours, found)
    own, other = statistics.median(seconds["ours"]), statistics.median(seconds["igraph"])
    return {
        "indicators_vs_networkx": loop / own, "indicators_vs_igraph": other / own, "indicators_seconds": own,
    }  # fmt: skip


def _ten(ties: Ties) -> pd.DataFrame:
    return indicators(ties, names=TEN, levels="community", layers=DYADIC, periods="all")


def _thin(rounds: int) -> float:
    rng, size = np.random.default_rng(1), 250 * THIN
    community = np.repeat(np.arange(THIN), size // THIN)
    kind = rng.choice(["help", "goods", "activity"], size)
    joined = kind == "activity"
    source, target = (pd.Series((community * 40 + rng.integers(0, 40, size)).astype("str")) for _ in range(2))
    log = pd.DataFrame(
        {
            "time": pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 365, size), "D"),
            "community_id": pd.Series(community.astype("str")),
            "kind": kind,
            "source_id": source,
            "target_id": target.where(~joined),
            "gathering_id": pd.Series((community * 20 + rng.integers(0, 20, size)).astype("str")).where(
                joined
            ),
        }
    )
    return (
        statistics.median(
            _clock(lambda: indicators(build_ties(log), names=TEN))[0] for _ in range(rounds + 1)
        )
        * 1000
        / THIN
    )


def _whole_run(log: Path) -> float:
    """Return the peak memory in MB of this process, which measures the whole log once."""
    import resource

    weave(log)
    for part in read_log_parts(log):
        indicators(build_ties(part), names=TEN, levels="community", layers=DYADIC, periods="all")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def _clock(function: Callable, *arguments: object) -> tuple[float, object]:
    begun = time.process_time()
    result = function(*arguments)
    return time.process_time() - begun, result


def _agree(ours: object, theirs: object) -> None:
    if not np.allclose(np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float), rtol=1e-9, atol=1e-9):
        raise StudyError(
            "The sides of the benchmark do not agree, so their times mean nothing.", where="bench networks",
            value=f"{ours} and {theirs}", expected="equal results",
            mend="Report this as an error of gongzhi.",
        )  # fmt: skip


def _say(text: str) -> None:
    print(text, file=sys.stderr)
