"""Broken and hostile studies: each ends in time and memory, without a traceback, with the words expected."""

import html.parser
import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SOUND = {
    "study.toml": "[study]\nname = 'sound'\nmax_set_aside = 1\n",
    "places.csv": "place_id,kind,parent_id\nD,district,\nC,community,D\nC2,community,D\n",
    "people.csv": "person_id,community_id\na,C\nb,C\nc,C2\n",
    "interactions.csv": "time,community_id,kind,source_id,target_id\n2021-03-01 10:00,C,help,a,b\n"
    "2021-03-02 11:00,C,goods,b,a\n2021-03-03,C2,help,c,d\n2021-04-01,C2,help,d,c\n",
}
SECONDS, MEGABYTES = 10, 1_500


def _load(name):
    spec = importlib.util.spec_from_file_location(f"corpus_{name}", HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _bytes(content):
    if isinstance(content, str):
        return content.encode("utf-8")
    return bytes.fromhex(content["hex"]) if "hex" in content else content["text"].encode(content["encoding"])


def _written(entry):
    def build(folder):
        files = (SOUND if entry.get("sound", True) else {}) | entry.get("files", {})
        for name, content in files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(_bytes(content))

    return entry["name"], build, entry


CASES = [_written(case) for case in tomllib.loads((HERE / "cases.toml").read_text(encoding="utf-8"))["case"]]
CASES += _load("builders").CASES


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    """Name of a case -> folder, and what came of it."""
    jobs, top = [], tmp_path_factory.mktemp("corpus")
    for name, build, expected in CASES:
        folder = top / name
        folder.mkdir()
        build(folder)
        arguments = [
            part.format(outside=f"{folder}-outside") for part in expected.get("arguments", ["check", "."])
        ]
        environment = expected.get("environment", {})
        jobs.append({"name": name, "folder": str(folder), "arguments": arguments, "environment": environment})
    (top / "jobs.json").write_text(json.dumps(jobs))
    command = [sys.executable, str(HERE / "runner.py"), str(top / "jobs.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=500)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return {run["name"]: run | {"folder": top / run["name"]} for run in found}


def test_there_are_sixty_of_them_and_each_has_its_name():
    names = [name for name, _, _ in CASES]
    assert len(names) == len(set(names)) >= 60


@pytest.mark.parametrize(("name", "expected"), [(name, expected) for name, _, expected in CASES])
def test_a_broken_study_is_told_what_is_wrong(runs, name, expected):
    run = runs[name]
    assert "Traceback" not in run["said"], run["said"][-2_000:]
    assert run["code"] == expected["code"], run["said"][-2_000:]
    assert run["cpu"] < SECONDS
    assert run["megabytes"] < MEGABYTES
    for words in expected.get("says", ()):
        assert words in run["said"]
    for words in expected.get("never", ()):
        assert words not in run["said"]
    if expected["code"] == 2 and run["said"].startswith("gongzhi:"):
        assert "  where:    " in run["said"]
        assert "  mend:     " in run["said"]
    for entry in expected.get("aside", ()):
        table, rule = entry.split(" ", 1)
        account = next(line for line in run["said"].splitlines() if re.match(rf"{table} +\d", line))
        assert re.search(rf"(  |, ){rule}(,|$)", account), account
    if "page" in expected:
        _is_harmless((run["folder"] / expected["page"]).read_text(encoding="utf-8"))
    if "sheet" in expected:
        text = (run["folder"] / expected["sheet"]).read_text(encoding="utf-8-sig")
        assert not re.search(r'(^|,)"?[=+@\t-]', text, re.MULTILINE), text


class _Reader(html.parser.HTMLParser):
    """Collects what of a page would run."""

    def __init__(self):
        super().__init__()
        self.active, self.depth = [], 0

    def handle_starttag(self, tag, attrs):
        self.active += [(tag, n, v) for n, v in attrs if n.startswith("on") or "javascript:" in (v or "")]
        self.depth += tag == "script"

    def handle_endtag(self, tag):
        self.depth -= tag == "script"

    def handle_data(self, data):
        if self.depth and "alert" in data:
            self.active.append(data)


def _is_harmless(page):
    reader = _Reader()
    reader.feed(page)
    assert reader.active == []
