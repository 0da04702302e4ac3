"""Nothing that is written, printed or logged holds an identifier that was planted into the study."""

import gzip
import importlib.util
import json
import logging
import subprocess
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from analysis.cli import main
from analysis.privacy.identifiers import KINDS

_spec = importlib.util.spec_from_file_location("planted", Path(__file__).with_name("planted.py"))
planted = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(planted)
NAMES, PHONES, IDENTITIES, OTHERS, WORDS = (
    planted.NAMES, planted.PHONES, planted.IDENTITIES, planted.OTHERS, planted.WORDS,
)  # fmt: skip


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """A small synthetic study with identifiers planted."""
    base = tmp_path_factory.mktemp("town")
    words = ["simulate", str(base / "plain"), "--districts", "1", "--communities", "2", "--months", "12"]
    assert main(words) == 0
    return planted.plant(base / "plain", base / "planted")


@pytest.fixture
def said(capsys, caplog):
    """Return what was printed and logged, at every level, since the last call."""
    caplog.set_level(logging.DEBUG)

    def take():
        shown = capsys.readouterr()
        return shown.out + shown.err + caplog.text

    return take


def test_the_search_finds_what_is_planted_however_it_is_packed(town, tmp_path):
    found = {line.split(" (")[0] for line in planted.leaks(town)}
    tables = ("people.csv", "interactions.csv.gz", "votes.csv.gz", "steps.csv", "matters.csv", "places.csv",
              "listings.csv", "options.csv", "duties.csv", "ledger.csv")  # fmt: skip
    assert found >= set(tables)
    frame = pd.DataFrame({"a": ["x", NAMES[0]]})
    frame.to_parquet(tmp_path / "a.parquet")
    with zipfile.ZipFile(tmp_path / "b.docx", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("word/document.xml", f"<w:t>{PHONES[0]}</w:t>")
        packed.writestr("inner.csv.gz", gzip.compress(IDENTITIES[0].encode()))
    (tmp_path / "c.ipynb").write_text(json.dumps({"cells": [{"source": WORDS}]}))
    (tmp_path / "d.json").write_text(json.dumps({"key": planted._digests()[2][2] + "0" * 32}))
    (tmp_path / f"{OTHERS[0]}.txt").write_text("")
    found = "\n".join(planted.leaks(tmp_path))
    for what in (NAMES[0], PHONES[0], IDENTITIES[0], WORDS, "sha256 of", OTHERS[0]):
        assert what in found, what


def test_check_and_exports_of_a_planted_study_write_and_say_nothing(town, tmp_path, said, monkeypatch):
    monkeypatch.chdir(tmp_path)
    commands = [
        ["check", town, "--all", "--csv", "problems.csv"], ["export", town, "public", "--public"],
        ["export", town, "people", "--people", "--generalise"],
        ["privacy", "risk", town, "--csv", "risk.csv"],
    ]  # fmt: skip
    if importlib.util.find_spec("opendp"):
        commands.append(["export", town, "noisy", "--public", "--epsilon", "1"])
    texts = []
    for words in commands:
        assert main(["--verbose", *map(str, words)]) == 0, said()
        texts.append(said())
    assert planted.leaks_in("".join(texts)) == []
    for rule in ("identifiers hashed", "identifiers dropped", "personal columns", *KINDS):
        assert rule.replace("_", " ") in texts[0]  # what was found is named by check
    assert len([p for p in tmp_path.rglob("*") if p.is_file()]) > 12
    assert planted.leaks(tmp_path) == []


def test_proposal_for_planted_files_says_nothing(town, tmp_path, said, monkeypatch):
    files = [town / name for name in ("places.csv", "people.csv", "interactions.csv.gz", "matters.csv")]
    assert main(["init", *map(str, files), str(tmp_path / "new"), "--yes"]) == 0
    assert planted.leaks_in(said()) == []
    assert planted.leaks_in((tmp_path / "new" / "study.toml").read_text(encoding="utf-8")) == []
    monkeypatch.setattr("builtins.input", lambda *_: "")
    assert main(["init", *map(str, files), str(tmp_path / "asked")]) == 0
    assert planted.leaks_in(said()) == []


HEAD = "time,community_id,kind,source_id,target_id,status\n"
CELLS = [NAMES[n % 8] for n in range(8)]


def lines(template, values=CELLS):
    return HEAD + "".join(template.format(value, other=PHONES[n % 4]) for n, value in enumerate(values))


WHO = "person_id,community_id\n"
MAPPED = '[tables.matters]\npath = "m.csv"\ncolumns = {{ {} }}\n'
BROKEN = {
    "no header": {"people.csv": "".join(f"{PHONES[n]},{NAMES[n]},{IDENTITIES[0]}\n" for n in range(3))},
    "header lacks a column": {"people.csv": f"person,{PHONES[0]},{NAMES[0]}\n1,2,3\n"},
    "same person twice": {"people.csv": WHO + f"{NAMES[0]},C\n{NAMES[0]},C\n{PHONES[0]},C\n" * 2},
    "names as kinds": {"interactions.csv": lines("2021-01-01,C,{},{other},b,done\n")},
    "a name as a kind": {"interactions.csv": lines("2021-01-01,C,{},{other},b,done\n", CELLS[:1])},
    "phones as times": {"interactions.csv": lines("{},C,help,{other},b,done\n", PHONES)},
    "names as times": {"interactions.csv": lines("{},C,help,{other},b,done\n")},
    "names as places": {"interactions.csv": lines("2021-01-01,{},help,{other},b,done\n")},
    "themselves": {"interactions.csv": lines("2021-01-01,C,help,{0},{0},done\n")},
    "nobody on the other side": {"interactions.csv": lines("2021-01-01,C,help,{},,done\n")},
    "too many fields": {"interactions.csv": lines("2021-01-01,C,help,{},b,done,{other},{other}\n")},
    "quote never closed": {
        "interactions.csv": HEAD + f'2021-01-01,C,help,"{NAMES[0]},b,done\n2021-01-01,C,help,{PHONES[0]}'
    },
    "words as state": {"interactions.csv": lines("2021-01-01,C,help,{other},b,{}\n", [WORDS, *NAMES])},
    "no such records": {
        "interactions.csv": None,
        "interactions.jsonl": f'{{"time": "{NAMES[0]}"\n["{PHONES[0]}"]\n',
    },
    "other bytes": {
        "interactions.csv": lines("2021-01-01,C,help,{},b,done\n").encode("gb18030") + b"\xff\xff\x80"
    },
    "no parquet": {"interactions.csv": None, "interactions.parquet": f"PAR1{NAMES[0]}{PHONES[0]}PAR1"},
    "names as organisations": {
        "organisations.csv": "org_id,kind,name\n" + "".join(f"{n},other,{n}\n" for n in CELLS)
    },
    "mapped to a phone": {
        "study.toml": MAPPED.format('matter_id = "手机号"'),
        "m.csv": f"手机号,process,community_id\n{PHONES[0]},request,C\n",
    },
    "mapped to words": {
        "study.toml": MAPPED.format('category = "诉求内容"'),
        "m.csv": f"matter_id,process,community_id,诉求内容\n1,request,C,{WORDS}\n",
    },
    "steps of nobody": {
        "steps.csv": f"matter_id,step,time,actor_id\n{PHONES[0]},raised,2021-01-01,{NAMES[0]}\n"
    },
    "rounded identity numbers": {"people.csv": WHO + f"3.60426E+17,C\n{IDENTITIES[0]},{NAMES[1]}\n"},
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_messages_about_broken_files_say_nothing_of_people(case, tmp_path, said):
    study = tmp_path / "study"
    study.mkdir()
    (study / "places.csv").write_text("place_id,kind,parent_id\nD,district,\nC,community,D\n")
    (study / "people.csv").write_text("person_id,community_id\na,C\nb,C\n")
    (study / "interactions.csv").write_text(HEAD + "2021-01-01,C,help,a,b,done\n")
    for name, content in BROKEN[case].items():
        if content is None:
            (study / name).unlink()
        else:
            (study / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    assert planted.leaks(study)
    code = main(["--verbose", "check", str(study), "--all", "--csv", str(tmp_path / "problems.csv")])
    text = said()
    assert len(text) > 100
    assert planted.leaks_in(text) == []
    assert planted.leaks_in((tmp_path / "problems.csv").read_text(encoding="utf-8-sig")) == []
    if code:  # opening it says the worst of it again
        assert main(["--verbose", "indicators", str(study), "--out", str(tmp_path / "i.csv")]) == 2
        assert planted.leaks_in(said()) == []


DEBUGGING = (
    "import logging, sys; logging.basicConfig(level=logging.DEBUG); "
    "from analysis.cli import main; sys.exit(main(sys.argv[1:]))"
)


@pytest.mark.heavy
def test_a_whole_run_writes_and_says_nothing(repository, tmp_path):
    study = planted.plant(repository / "data" / "examples" / "small-city", tmp_path / "study")
    out = tmp_path / "written"
    out.mkdir()
    commands = [
        ["check", study, "--all", "--csv", "problems.csv"],
        ["report", study, "--out", "reports", "--districts", "D01", "--format", "html,docx", "--jobs", "1",
         "--log-json", "log.jsonl"],
        ["indicators", study, "--out", "indicators.parquet"],
        ["effects", study, "--outcome", "trust", "--reform", "consultation", "--out", "effects"],
    ]  # fmt: skip
    for number, words in enumerate(commands):
        run = subprocess.run(
            [sys.executable, "-c", DEBUGGING, *map(str, words)], cwd=out, capture_output=True, text=True
        )
        assert run.returncode == 0, run.stderr[-2000:]
        (out / f"{number}.stdout").write_text(run.stdout)
        (out / f"{number}.stderr").write_text(run.stderr)
    kinds = {path.suffix for path in out.rglob("*") if path.is_file()}
    assert kinds >= {".html", ".docx", ".parquet", ".json", ".ipynb", ".csv", ".png"}
    assert planted.leaks(out) == []
