"""A notebook of everything a cell can put out, and the comparison of two runs of it."""

import json
import re
from pathlib import Path

import nbformat

CELLS = Path(__file__).with_name("torture.txt")  # a cell begins with "# %%", then its tag
# what no two runs have in common: hexadecimal ids and addresses, temporary files, times
VARIES = [
    (re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])"), "ID"), (re.compile(r"0x[0-9a-f]+"), "0x"),
    (re.compile(r"ipykernel_\d+"), "ipykernel_N"), (re.compile(r"/tmp/[\w./-]+"), "TMP"),
    (re.compile(r"<dc:date>[^<]*"), "<dc:date>"), (re.compile(r"\b\d{9,}\.py\b"), "N.py"),
]  # fmt: skip


def cells():
    """Return source and tag of each cell."""
    found = re.split(r"^# %%", CELLS.read_text(encoding="utf-8"), flags=re.M)[1:]
    parts = [text.split("\n", 1) for text in found]
    return [(source.removesuffix("\n"), tag.strip()) for tag, source in parts]


def notebook(sources):
    """Return a notebook of cells given as (source, tag)."""
    made = nbformat.v4.new_notebook()
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    for number, (source, tag) in enumerate(sources):
        cell = nbformat.v4.new_code_cell(source, id=f"cell-{number}")
        if tag:
            cell.metadata["tags"] = [tag]
        made.cells.append(cell)
    return made


def comparable(path):
    """Return an executed notebook without what differs between any two runs: times and identifiers."""
    read = json.loads(path.read_text(encoding="utf-8"))
    about = read["metadata"]["papermill"]
    for name in ("start_time", "end_time", "duration", "output_path"):
        about.pop(name, None)
    for cell in read["cells"]:
        for name in ("start_time", "end_time", "duration"):
            cell["metadata"].get("papermill", {}).pop(name, None)
        if {"injected-parameters", "papermill-error-cell-tag"} & set(cell["metadata"].get("tags", [])):
            cell["id"] = "made by papermill"
        for name in cell["metadata"].get("execution", {}):
            cell["metadata"]["execution"][name] = "some time"
        cell["outputs"] = _together(cell["outputs"]) if "outputs" in cell else None
    for widgets in read["metadata"].get("widgets", {}).values():  # in no order, under an id made anew
        texts = [_masked(json.dumps(state, sort_keys=True)) for state in widgets["state"].values()]
        widgets["state"] = sorted(texts)
    text = json.dumps(read, ensure_ascii=False, sort_keys=True)
    return json.loads(_masked(text))


def _masked(text):
    for pattern, word in VARIES:
        text = pattern.sub(word, text)
    return text


def _together(outputs):
    """Join streams of one name that follow each other: where stock cuts them depends on the clock."""
    joined = []
    for output in outputs:
        last = joined[-1] if joined else None
        if (
            last
            and output["output_type"] == last["output_type"] == "stream"
            and output["name"] == last["name"]
        ):
            last["text"] = "".join(last["text"]) + "".join(output["text"])
        else:
            joined.append({**output, "text": "".join(output["text"])} if "text" in output else output)
    return joined
