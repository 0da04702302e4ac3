"""A study of outcomes only (its city stage takes no time), templates of a few cells, quick runners."""

import json
from collections import namedtuple
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest

from analysis.reporting import batch, engine

DISTRICTS = ("D1", "D2", "D3", "D4")
PARAMETERS = (
    'city = ""\ndistrict = ""\nlanguage = "en"\nyear: int = 2020\nweight = 1.0\nnames = ["a"]\nbold = False'
)
Ended = namedtuple("Ended", "pid status cpu_seconds peak_mb")


def write_study(folder, districts=DISTRICTS, **satisfaction):
    """Districts of two communities and their satisfaction in three months, 3.1, 3.2, ... or as given."""
    folder.mkdir(exist_ok=True)
    places = ["place_id,kind,parent_id,name,name_zh", "C,city,,City,市"]
    outcomes = ["place_id,period,measure,value,n"]
    for number, district in enumerate(districts, start=1):
        places.append(f"{district},district,C,District {number},{number}区")
        for part in "ab":
            places.append(f"{district}{part},community,{district},{district}{part},{district}{part}")
            for month in ("2021-01", "2021-02", "2021-03"):
                value = satisfaction.get(district, 3 + number / 10)
                outcomes.append(f"{district}{part},{month},satisfaction,{value},50")
    settings = '[study]\nname = "Small"\nname_zh = "小"\nperiod = "month"\n'
    (folder / "study.toml").write_text(settings, encoding="utf-8")
    (folder / "places.csv").write_text("\n".join(places) + "\n", encoding="utf-8")
    (folder / "outcomes.csv").write_text("\n".join(outcomes) + "\n", encoding="utf-8")
    return folder


def write_template(path, *cells):
    """A template whose cells are Python; the first sets the parameters."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": kernel})
    notebook.cells = [nbformat.v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})]
    notebook.cells += [nbformat.v4.new_code_cell(cell) for cell in (*cells, "district, language, year")]
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"  # by chance otherwise, and a new one in every test
    nbformat.write(notebook, path)
    return path


class Kept:
    """A warmed process that outlives a batch."""

    def __init__(self, zygote):
        self.zygote = zygote

    def __enter__(self):
        return self.zygote

    def __exit__(self, *_):
        pass


class Pretending:
    """Starts nothing: leaves the files a report would leave, and says it ended well."""

    def __init__(self):
        self.made, self.ended = [], []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def start(self, call, argument, *, log=None):
        folder, name = Path(argument["folder"]), argument["parameters"]["district"]
        (folder / "report.ipynb").write_text(f"notebook of {name}", encoding="utf-8")
        (folder / "report.html").write_text(f"page of {name}", encoding="utf-8")
        (folder / "receipt.json").write_text('{"error": "", "cell": null, "outputs": {}}', encoding="utf-8")
        self.made.append(name)
        self.ended.append(Ended(len(self.made), 0, 0.1, 50.0))
        return len(self.made)

    def wait(self, seconds):
        ended, self.ended = self.ended, []
        return ended


@pytest.fixture(scope="session")
def small():
    """What stands above, for fixtures of whole modules."""
    return SimpleNamespace(
        write_study=write_study, write_template=write_template, Kept=Kept, Pretending=Pretending, runs=runs
    )  # fmt: skip


@pytest.fixture(scope="session")
def zygote():
    if not engine.can_fork():
        pytest.skip("reports are not forked on this system")
    with engine.Zygote() as kept:
        yield kept


@pytest.fixture
def study(tmp_path):
    return write_study(tmp_path / "study")


def runs(runner, monkeypatch, study, tmp_path):
    monkeypatch.setattr(engine, "open_processes", lambda _: runner, raising=False)

    def run(*cells, **options):
        template = write_template(tmp_path / "template.ipynb", *cells)
        options = {"jobs": 2, "template": template} | options
        return batch.report_study(study, tmp_path / "out", **options)

    return run


@pytest.fixture
def make(zygote, monkeypatch, study, tmp_path):
    """report_study of the small study with the cells given; every further call in the same folder."""
    return runs(Kept(zygote), monkeypatch, study, tmp_path)


@pytest.fixture
def pretend(monkeypatch, study, tmp_path):
    """As `make`, but nothing runs; `.made` holds the districts whose reports were made since last asked."""
    runner = Pretending()
    run = runs(runner, monkeypatch, study, tmp_path)

    def told(*cells, **options):
        runner.made.clear()
        told.run = run(*cells, **options)
        return sorted(runner.made)

    return told


@pytest.fixture
def state(tmp_path):
    """What the state file says of the reports."""
    return lambda: json.loads((tmp_path / "out" / "internal" / "state.json").read_text(encoding="utf-8"))[
        "reports"
    ]


@pytest.fixture
def journal(tmp_path):
    """The events of the journal."""

    def read():
        text = (tmp_path / "out" / "internal" / "journal.jsonl").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    return read
