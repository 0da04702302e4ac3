"""docs/systems.md runs from top to bottom, and prints what stands in it.

Write its outputs anew with: python tests/systems/test_document.py
"""

import contextlib
import io
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "systems.md"
BLOCK = re.compile(r"^```python\n(?P<code>.*?)^```\n(?:\n```text\n(?P<output>.*?)^```\n)?", re.M | re.S)
SYSTEMS = 15


def run(page):
    """Yield every block of the page, in order, with what it prints."""
    names = {"__name__": "page"}
    for block in BLOCK.finditer(page):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(block["code"], str(PAGE), "exec"), names)
        yield block, "\n".join(line.rstrip() for line in printed.getvalue().splitlines()) + "\n"


def written(page):
    """Return the page with the outputs of its blocks."""
    parts, at = [], 0
    for block, printed in run(page):
        parts += [page[at : block.start()], f"```python\n{block['code']}```\n"]
        parts += [f"\n```text\n{printed}```\n"] if printed.strip() else []
        at = block.end()
    return "".join([*parts, page[at:]])


@pytest.fixture(scope="module")
def page():
    return PAGE.read_text(encoding="utf-8")


def test_every_block_prints_what_stands_below_it(page):
    for block, printed in run(page):
        line = page[: block.start()].count("\n") + 1
        assert printed == (block["output"] or "\n"), (
            f"{PAGE.name}, line {line}: outputs changed; see whether they should, then run "
            "python tests/systems/test_document.py"
        )


def test_every_system_has_its_section_and_its_test(page):
    sections = re.split(r"^## ", page, flags=re.M)[1:]
    assert [section.split(".")[0] for section in sections] == [str(i + 1) for i in range(SYSTEMS)]
    for section in sections:
        assert BLOCK.search(section), section[:40]
        assert len(section.splitlines()) <= 75, section[:40]
    files = sorted(Path(__file__).parent.glob("test_[0-9][0-9]_*.py"))
    assert [int(file.name[5:7]) for file in files] == list(range(1, SYSTEMS + 1))


def test_a_page_that_lies_is_caught():
    page = "```python\nprint(1)\n```\n\n```text\n2\n```\n"
    assert written(page) == page.replace("2", "1")


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
