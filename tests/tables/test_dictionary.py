"""The descriptors against the rules of the Data Package standard, and the page against the dictionary."""

import copy
import gzip
import json
import re
from pathlib import Path

import pandas as pd
import pytest

from analysis.errors import StudyError
from analysis.tables import dictionary, schema, values
from analysis.tables.dictionary import datapackage, dictionary_markdown, write_datapackage
from analysis.tables.study import Study

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "data_dictionary.md"

# https://datapackage.org/standard/table-schema/ (2.0): which types there are, which constraints they take
ORDERED = {"integer", "number", "date", "time", "datetime", "duration", "year", "yearmonth"}
TYPES = ORDERED | {"string", "boolean", "object", "array", "list", "geopoint", "geojson", "any"}
APPLIES = {
    "required": TYPES, "unique": TYPES, "enum": TYPES, "pattern": {"string"},
    "minLength": {"string", "array", "object"}, "maxLength": {"string", "array", "object"},
    "minimum": ORDERED, "maximum": ORDERED, "exclusiveMinimum": ORDERED, "exclusiveMaximum": ORDERED,
}  # fmt: skip
NAME = re.compile(r"[a-z0-9._-]+")


def breaches(package):
    """Return every rule of the standard that `package` breaks, in words."""
    found = []
    names = [resource.get("name") for resource in package.get("resources", [])]
    if not names or len(set(names)) < len(names):
        found.append("resources: at least one, with names of their own")
    found += [f"name {name!r}" for name in [*names, package.get("name")] if not NAME.fullmatch(name or "")]
    columns = {r["name"]: [f.get("name") for f in r["schema"]["fields"]] for r in package["resources"]}
    for resource in package["resources"]:
        path, table = resource.get("path", ""), resource["schema"]
        if not path or path.startswith(("/", "~", ".")) or ".." in path.split("/") or "\\" in path:
            found.append(f"{resource['name']}: path {path!r}")
        if resource.get("type") != "table" or not set(table) <= {
            "fields", "missingValues", "primaryKey", "foreignKeys",
        }:  # fmt: skip
            found.append(f"{resource['name']}: properties")
        mine = columns[resource["name"]]
        if not mine or None in mine or len(set(mine)) < len(mine):
            found.append(f"{resource['name']}: fields with names of their own")
        found += [f"{resource['name']}.{f.get('name')}: {why}" for f in table["fields"] for why in amiss(f)]
        if not set(table.get("primaryKey", [])) <= set(mine):
            found.append(f"{resource['name']}: primaryKey")
        for link in table.get("foreignKeys", []):
            other = link["reference"].get("resource", resource["name"])
            itself = link["reference"].get("resource") == resource["name"]
            known = set(link["reference"]["fields"]) <= set(columns.get(other, []))
            same = len(link["fields"]) == len(link["reference"]["fields"])
            if itself or not known or not same or not set(link["fields"]) <= set(mine):
                found.append(f"{resource['name']}: foreignKey {link}")
    return found


def amiss(field):
    kind, rules = field.get("type", "any"), field.get("constraints", {})
    if kind not in TYPES:
        yield f"type {kind}"
    if not set(field) <= {"name", "type", "format", "description", "unit", "person", "constraints"}:
        yield "properties"
    for rule, value in rules.items():
        if kind not in APPLIES.get(rule, set()):
            yield f"{rule} on {kind}"
        if rule in ("required", "unique") and not isinstance(value, bool):
            yield f"{rule} {value!r}"
        if rule == "enum" and (not value or len(set(value)) < len(value)):
            yield "enum"
    if rules.get("minimum", float("-inf")) > rules.get("maximum", float("inf")):
        yield "minimum above maximum"


def resource(package, table):
    return next(r for r in package["resources"] if r["name"] == table)


def fields(package, table):
    return {field["name"]: field for field in resource(package, table)["schema"]["fields"]}


def test_the_dictionary_is_a_valid_package_of_every_table_and_column():
    package = datapackage()
    assert breaches(package) == []
    assert json.loads(json.dumps(package)) == package
    described = {r["name"]: [f["name"] for f in r["schema"]["fields"]] for r in package["resources"]}
    assert described == {table: list(schema.columns(table)) for table in schema.MODELS}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda p: p.update(name="Not a Name"),
        lambda p: p["resources"].append(copy.deepcopy(p["resources"][0])),
        lambda p: p["resources"][0].update(path="../places.csv"),
        lambda p: fields(p, "places")["kind"].update(type="category"),
        lambda p: fields(p, "places")["kind"]["constraints"].update(minimum=0),
        lambda p: fields(p, "places")["kind"]["constraints"].update(enum=[]),
        lambda p: fields(p, "places")["kind"]["constraints"].update(isin=["city"]),
        lambda p: fields(p, "places")["share_elderly"]["constraints"].update(minimum=2),
        lambda p: resource(p, "places")["schema"].update(primaryKey=["id"]),
        lambda p: resource(p, "steps")["schema"]["foreignKeys"][0]["reference"].update(resource="cases"),
        lambda p: resource(p, "places")["schema"]["foreignKeys"][0]["reference"].update(resource="places"),
        lambda p: resource(p, "places")["schema"]["fields"].append({"name": "kind"}),
    ],
)
def test_the_rules_of_the_standard_find_what_is_wrong(spoil):
    package = datapackage()
    spoil(package)
    assert breaches(package)


def test_types_units_keys_and_rules_come_through():
    package = datapackage()
    places = fields(package, "places")
    assert places["share_elderly"] == {
        "name": "share_elderly", "type": "number", "description": "Share of residents aged 60 or over",
        "unit": "share 0-1", "constraints": {"minimum": 0, "maximum": 1},
    }  # fmt: skip
    assert places["area_km2"]["constraints"] == {"exclusiveMinimum": 0}
    assert places["kind"]["constraints"] == {"required": True, "enum": list(values.PLACE_KINDS)}
    assert fields(package, "interactions")["source_id"]["person"] is True
    assert fields(package, "duties")["start"]["type"] == "date"
    assert fields(package, "duties")["funded"]["type"] == "boolean"
    assert resource(package, "outcomes")["schema"]["primaryKey"] == ["place_id", "period", "measure"]
    assert "primaryKey" not in resource(package, "interactions")["schema"]
    parent = {"fields": ["parent_id"], "reference": {"fields": ["place_id"]}}
    assert resource(package, "places")["schema"]["foreignKeys"] == [parent]
    matter = {"fields": ["matter_id"], "reference": {"resource": "matters", "fields": ["matter_id"]}}
    assert resource(package, "steps")["schema"]["foreignKeys"] == [matter]


@pytest.mark.parametrize("label", ["2021-03", "2021Q1", "2021"])
def test_the_period_pattern_takes_every_label_of_the_dictionary(label):
    pattern = fields(datapackage(), "outcomes")["period"]["constraints"]["pattern"]
    assert re.fullmatch(pattern, label)
    assert not re.fullmatch(pattern, label + "5")


def test_a_study_in_memory_is_described_by_the_tables_it_holds():
    places = pd.DataFrame({"place_id": ["c"], "kind": ["community"]})
    steps = pd.DataFrame({"matter_id": ["m"], "step": ["raised"], "time": pd.to_datetime(["2021-03-07"])})
    package = datapackage(Study.from_frames({"places": places, "steps": steps}, name="佛山 Foshan"))
    assert breaches(package) == []
    assert [r["path"] for r in package["resources"]] == ["places.csv", "steps.csv"]
    assert (package["name"], package["title"]) == ("foshan", "佛山 Foshan")
    assert "foreignKeys" not in resource(package, "steps")["schema"]  # there is no table of matters


@pytest.fixture
def folder(tmp_path):
    """A study whose files call things their own way."""
    (tmp_path / "study.toml").write_text(
        '[study]\nname = "宿舍"\n[tables.interactions]\npath = "calls.csv.gz"\nencoding = "gb18030"\n'
        'columns = { time = "时间", source_id = "sender" }\nvalues = { kind = { "互助" = "help" } }\n'
        'time_format = "%d/%m/%Y %H:%M"\nconstants = { status = "done" }\n',
        encoding="utf-8",
    )
    (tmp_path / "places.csv").write_text("kind;name;place_id\ncommunity;Üst;c1\n", encoding="utf-8-sig")
    calls = "sender,时间,kind,community_id,colour\n1,07/03/2021 14:30,互助,c1,red\n".encode("gb18030")
    (tmp_path / "calls.csv.gz").write_bytes(gzip.compress(calls))
    pd.DataFrame({"person_id": ["1"], "community_id": ["c1"]}).to_parquet(tmp_path / "people.parquet")
    return tmp_path


def test_a_folder_is_described_as_its_files_stand(folder):
    path = write_datapackage(folder)
    assert path == folder / "datapackage.json"
    package = json.loads(path.read_text(encoding="utf-8"))
    assert breaches(package) == []
    assert (package["name"], package["title"]) == ("study", "宿舍")
    places, people, calls = (resource(package, name) for name in ("places", "people", "interactions"))
    assert [f["name"] for f in places["schema"]["fields"]] == ["kind", "name", "place_id"]
    assert places["dialect"] == {"delimiter": ";"}
    assert people["format"] == "parquet"
    assert (calls["path"], calls["encoding"]) == ("calls.csv.gz", "gb18030")
    mine = fields(package, "interactions")
    assert list(mine) == ["sender", "时间", "kind", "community_id", "colour"]
    assert mine["时间"]["format"] == "%d/%m/%Y %H:%M"
    assert mine["kind"]["constraints"] == {"required": True}  # their values, which are mapped
    assert mine["colour"]["type"] == "any"
    assert package == datapackage(Study(frames={}, path=folder))


@pytest.mark.parametrize(
    ("entry", "content", "words"),
    [
        ("gone.csv", None, "cannot be described"),
        ("empty.csv", b"", "cannot be described"),
        ("wrong.csv", b"\xff\xfa\xf9,kind\n", "cannot be described"),
        ("broken.parquet", b"PAR0", "cannot be described"),
        ("broken.csv.gz", b"no gzip", "cannot be described"),
        ("../people.csv", b"person_id,community_id\n", "outside the study folder"),
    ],
)
def test_a_file_that_cannot_be_described_is_named(tmp_path, entry, content, words):
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "places.csv").write_text("place_id,kind\nc,community\n")
    (folder / "study.toml").write_text(f'[tables.people]\npath = "{entry}"\n')
    if content is not None:
        (folder / entry).write_bytes(content)
    with pytest.raises(StudyError, match=words) as caught:
        write_datapackage(folder)
    assert "mend:" in str(caught.value)
    assert not (folder / "datapackage.json").exists()


def test_an_unknown_rule_cannot_go_unsaid(monkeypatch):
    monkeypatch.delitem(dictionary.BOUNDS, "greater_than")
    with pytest.raises(KeyError, match="greater_than"):
        datapackage()


def test_the_page_is_the_dictionary():
    assert PAGE.read_text(encoding="utf-8") == dictionary_markdown(), (
        "docs/data_dictionary.md is not what the dictionary says; write it anew with:\n"
        "  python -m analysis.tables.dictionary"
    )


def test_the_page_names_every_table_and_column_with_its_rules():
    page = dictionary_markdown()
    for table in schema.MODELS:
        section = page.split(f"\n## {table}\n")[1].split("\n## ")[0]
        rows = re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE)
        assert rows == list(schema.columns(table))
        assert schema.MODELS[table].__doc__.strip() in section
    assert all(line.count("|") == 8 for line in page.splitlines() if line.startswith("| `"))
    assert "| `area_km2` | Area | number | km2 |  | above 0 |  |" in page
    assert "empty means `done`" in page


def test_the_command_writes_the_page_and_says_where_it_must_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert dictionary.main() == 2
    assert "root of the repository" in capsys.readouterr().err
    (tmp_path / "docs").mkdir()
    assert dictionary.main() == 0
    assert (tmp_path / "docs" / "data_dictionary.md").read_text(encoding="utf-8") == dictionary_markdown()
