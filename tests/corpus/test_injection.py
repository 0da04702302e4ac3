"""Names that try to be programs stay names: in reports, the index, the change report, pages and tables."""

import csv
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from analysis.cli import main

DISTRICT = 'D"><img src=x onerror=alert(1)>'
NAMES = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "javascript:alert(1)",
    "</script><svg onload=alert(1)>",
    '=HYPERLINK("http://x")',
    "{{ 7*7 }}{% raw %}",
    "</title><!--",
    "]]>&lt;",
    "${alert(1)}`alert(1)`",
    "\\input{/etc/passwd}",
    "%s{0.__class__}",
)


class Reader(HTMLParser):
    """Collects what of a page would run, and whether a name was shown."""

    def __init__(self):
        super().__init__()
        self.active, self.inside, self.text = [], "", []

    def handle_starttag(self, tag, attrs):
        said = dict(attrs)
        self.active += [
            (tag, n, v) for n, v in attrs if n.startswith("on") or "javascript:" in (v or "").lower()
        ]
        self.active += [(tag, said)] if tag in ("img", "svg") and said.get("src") == "x" else []
        self.inside = said.get("type", "code") if tag == "script" else self.inside

    def handle_endtag(self, tag):
        self.inside = "" if tag == "script" else self.inside

    def handle_data(self, data):
        if self.inside and "json" not in self.inside and "alert(" in data:
            self.active.append(data[:200])
        if not self.inside:
            self.text.append(data)


def read(page):
    reader = Reader()
    reader.feed(page.read_text(encoding="utf-8"))
    return reader


def spoil(source, folder):
    """Copy a study and give its places, and the study, names that try to be programs; an id, too."""
    shutil.copytree(source, folder)
    places = pd.read_csv(folder / "places.csv", dtype=str, keep_default_na=False)
    names = [NAMES[n % len(NAMES)] for n in range(len(places))]
    first = places.loc[places["kind"] == "district", "place_id"].iloc[0]
    places = places.assign(name=names, name_zh=names[::-1])
    places.loc[places["kind"] == "district", ["name", "name_zh"]] = NAMES[0]
    places.replace(first, DISTRICT).to_csv(folder / "places.csv", index=False)
    for name in ("outcomes", "reforms"):
        for file in folder.glob(f"{name}.csv*"):
            frame = pd.read_csv(file, dtype=str, keep_default_na=False)
            frame.replace(first, DISTRICT).to_csv(file, index=False)
    text = (folder / "study.toml").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("name")]
    at = lines.index("[study]") + 1
    lines[at:at] = [f"name = '{NAMES[0]}'", f"name_zh = '{NAMES[1]}'"]
    (folder / "study.toml").write_text("\n".join(lines), encoding="utf-8")
    return folder


def assert_harmless(folder: Path, pages: int):
    found = sorted(folder.rglob("*.html"))
    assert len(found) >= pages
    shown = 0
    for page in found:
        reader = read(page)
        assert reader.active == [], page
        shown += NAMES[0] in "".join(reader.text)
    assert shown, "no page shows the name, so nothing was tried"
    for table in folder.rglob("*.csv"):
        with table.open(encoding="utf-8-sig", newline="") as stream:
            for row in csv.reader(stream):
                for cell in row:
                    assert not cell.startswith(("=", "@", "+")), (table, cell)


def test_the_page_of_a_check_shows_names_as_text(tmp_path, repository):
    study = spoil(repository / "data" / "examples" / "small-city", tmp_path / "study")
    steps = pd.read_csv(study / "places.csv", dtype=str, keep_default_na=False)
    steps.loc[steps.index[-1], "parent_id"] = NAMES[1]
    steps.to_csv(study / "places.csv", index=False)
    out = tmp_path / "out"
    out.mkdir()
    for language in ("en", "zh"):
        page = out / f"{language}.html"
        arguments = ["--html", str(page), "--csv", str(out / "p.csv"), "--set-aside", str(out / "a.csv")]
        assert main(["check", str(study), "--language", language, *arguments]) == 2
        assert read(page).active == []
        assert NAMES[1] in "".join(read(page).text)


@pytest.mark.heavy
def test_reports_index_and_change_report_show_names_as_text(tmp_path, repository):
    study = spoil(repository / "data" / "examples" / "small-city", tmp_path / "study")
    run = str(tmp_path / "run")
    assert main(["report", str(study), "--out", run, "--language", "zh,en"]) == 0
    assert main(["change", run, run, "--out", str(tmp_path / "change")]) == 0
    assert_harmless(tmp_path / "run", 6)
    assert_harmless(tmp_path / "change", 1)
    assert not (tmp_path.parent / "x").exists()
