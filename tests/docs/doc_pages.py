"""The pages of the documentation and their blocks of code."""

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "docs"
FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[^\n`]*)\n(?P<code>.*?)^(?P=indent)```$", re.M | re.S)
FILE_BEFORE = re.compile(
    r"`([\w./-]+\.\w+)`:\s*\Z"
)  # "`my-study/procedures.toml`:" names the file of the next block


@dataclass(frozen=True)
class Block:
    page: Path
    line: int
    language: str
    code: str
    file: str | None

    def __str__(self):
        return f"{self.page.relative_to(REPOSITORY)}, line {self.line}"


def pages():
    return [REPOSITORY / "README.md", *sorted(DOCS.rglob("*.md"))]


def blocks(page, text=None):
    """Return every fenced block of a page, with the file that the line before it says it is."""
    text = page.read_text(encoding="utf-8") if text is None else text
    found = []
    for fence in FENCE.finditer(text):
        line = text[: fence.start()].count("\n") + 1
        named = FILE_BEFORE.search(text[: fence.start()])
        code = textwrap.dedent(fence["code"])
        found.append(Block(page, line, fence["language"].strip(), code, named[1] if named else None))
    return found
