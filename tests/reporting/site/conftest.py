"""A city made by hand, its site, and one browser for all tests."""

import numpy as np
import pandas as pd
import pytest

from analysis.display.text import Text
from analysis.reporting.city import FRAMES, City
from analysis.reporting.disclosure import hidden_cells, tidy_measures
from analysis.reporting.site import write_index

PERIODS = ["2021-01", "2021-02", "2021-03", "2021-04"]
NAMES = [
    ("D1", "River Lù", "江鹿区"), ("D2", "Stone Gate", "石门区"), ("D3", "Pine Hill", "松岗区"),
    ("D10", "East Ferry", "东渡区"), ("D11", "", "白桥区"), ("D12", "<b>Bold</b> & </script>", ""),
]  # fmt: skip
ANSWERED = [(0.5, 200), (0.8, 150), (0.62, 50), (0.3337, 3), (np.nan, 0), (0.5, 180)]
TRUST = [(61.23, 900), (58.0, 800), (44.4, 700), (70.0, 600), (66.6, 500), (61.23, 400)]
TIDY = ["place_id", "period", "measure", "value", "n", "std_error"]


def tidy(measure, values, ids, errors=None):
    """Return a measure over the whole time, and per period one tenth higher each time."""
    errors = errors or [np.nan] * len(ids)
    rows = [(d, "all", measure, v, n, e) for d, (v, n), e in zip(ids, values, errors, strict=True)]
    for step, period in enumerate(PERIODS):
        rows += [
            (d, period, measure, v * (1 + step / 10), n, np.nan)
            for d, (v, n) in zip(ids, values, strict=True)
        ]
    return pd.DataFrame(rows, columns=TIDY)


def city_of(names=NAMES, answered=ANSWERED, trust=TRUST, **places):
    ids = [name[0] for name in names]
    rows = [(d, "district", en or None, zh or None, d) for d, en, zh in names]
    rows += [(f"{d}-C{n}", "community", None, None, d) for d in ids for n in range(3)]
    table = pd.DataFrame(rows, columns=["place_id", "kind", "name", "name_zh", "district_id"])
    table = table.assign(longitude=np.nan, latitude=np.nan)
    for column, values in places.items():
        table.loc[table["kind"] == "district", column] = values
    frames = {name: pd.DataFrame() for name in FRAMES}
    frames["places"] = table
    frames["indicators"] = pd.DataFrame(columns=[*TIDY, "layer", "indicator"])
    for name in ("burden", "further"):
        frames[name] = pd.DataFrame(columns=TIDY)
    frames["processes"] = tidy("consultation_answered", answered, ids)
    frames["outcomes"] = tidy("trust", trust, ids, [1.5] * len(ids))
    frames["hidden"] = hidden_cells(tidy_measures(frames), table, Text("en").measure)
    adopted = [(f"{d}-C0", d, "consultation") for d in ids[:2]]
    frames["adoption"] = pd.DataFrame(
        adopted,
        columns=["place_id", "district_id", "reform"],
    )
    frames["accounting"] = pd.DataFrame(
        [("matters", 1000, 990, 10, ""), ("matters", 1000, 990, 10, "unknown_place")],
        columns=["table", "rows_in", "kept", "set_aside", "rule"],
    )
    ranks = [(d, 1 - n / 10, n + 1, n + 1, max(n, 1), min(n + 2, len(ids))) for n, d in enumerate(ids[:-1])]
    frames["index"] = pd.DataFrame(
        ranks, columns=["district_id", "score", "rank", "rank_median", "rank_low", "rank_high"]
    )
    meta = {
        "study": "Made", "study_zh": "试做市", "period": "month", "periods": PERIODS,
        "missing": {"burden": ["duties"]}, "residents_from_people": 0,
        "index": {"reason": "", "level": 0.9, "draws": 100, "certain_share": 0.6},
    }  # fmt: skip
    return City(meta, frames)


def entries_of(ids, languages=("zh", "en")):
    found = []
    for name in (f"{d}.{language}" for d in ids for language in languages):
        district, language = name.split(".")
        entry = {"district": district, "language": language, "status": "made", "error": ""}
        found.append(entry | {"page": f"{name}.html", "pdf": f"{name}.pdf"})
    return found


@pytest.fixture(scope="session")
def make_city():
    return city_of


@pytest.fixture(scope="session")
def entries():
    return entries_of


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """The folder of a site in two languages, one report failed and one district without reports."""
    folder = tmp_path_factory.mktemp("site")
    reports = entries_of([name[0] for name in NAMES[:-1]])
    folder_of_machine = "/somewhere/private"
    reports[2] |= {"status": "failed", "error": f"FileNotFoundError: {folder_of_machine}/ledger.csv <gone>"}
    write_index(folder, city_of(), ("zh", "en"), reports)
    for entry in reports:
        (folder / entry["page"]).write_text(f"<title>{entry['page']}</title>", encoding="utf-8")
    return folder


@pytest.fixture
def visit(browser):
    """Open a page; afterwards: nothing was asked of the network, nothing went wrong in the console."""
    contexts, asked, said = [], [], []

    def go(path, *, width=1280, scripts=True):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=scripts, accept_downloads=True
        )
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(path.as_uri())
        return page

    yield go
    for context in contexts:
        context.close()
    assert asked
    assert not [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
    assert not said
