"""Every block of code in README.md and docs/ runs, or is read by what would read it; none is passed over.

What a page needs is there: data/examples/small-city, and copies of it as my-study and my-city. Blocks of one
page run one after another, as a reader would; a block after a line that ends with "`name.toml`:" is written
to that file.
"""

import contextlib
import importlib.util
import io
import re
import shlex
import sys
import tomllib
from pathlib import Path

import matplotlib
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from doc_pages import REPOSITORY, blocks, pages

from analysis.cli import _parser, main
from analysis.index import read_index
from analysis.tables.config import read_config
from analysis.tables.declared import parse_procedures

# pages whose blocks another test runs, and compares with what is printed there
ELSEWHERE = {"docs/systems.md": "tests/systems/test_document.py"}
# commands that are not run, only read by the parser of the command line, and why
PARSED = {
    "report": "half a minute or more; tests/reporting runs it",
    "change": "needs two runs of report; tests/reporting runs it",
    "verify": "computes a run again; tests/reporting runs it",
    "trace": "needs a run of report; tests/reporting runs it",
    "bench": "measures for minutes",
    "replicate": "half a minute or more; tests/publishing runs it",
    "lab": "starts a server; tests/lab runs it",
}
RUN_ONCE = {"effects", "simulate"}  # costly: run where it comes first, read by the parser after that
PARSED_CASES = {"check", "grade", "solution", "student", "notes"}  # tests/teaching runs them
PLACEHOLDER = re.compile(r"\b[A-Z][A-Z_]{2,}\b(?!=)|\bIN\b|\bOLD\b")  # STUDY, DIR, CASE: a reader's own
# commands of others, and what is looked at instead
OTHERS = {
    "make": lambda words: all(re.search(rf"^{w}:", MAKEFILE, re.M) for w in words[1:] if "=" not in w),
    "pip": lambda words: words[1] == "install",
    "conda": lambda words: words[1] in ("env", "activate"),
    "dask": lambda words: words[1] in ("scheduler", "worker"),
    ".": lambda words: words[1] == ".venv/bin/activate",
    "nbgrader": lambda words: words[1] == "generate_assignment",
}
already_run = set()
MAKEFILE = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
NOT_CODE = {"text": "what a command prints, or a tree of files", "csv": "rows of a table"}


def run_python(block, names):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(block.code, str(block), "exec"), names)


def commands(code):
    """Return the command lines of a block: joined where a backslash ends them, without comments."""
    lines = (shlex.split(line, comments=True) for line in code.replace("\\\n", " ").splitlines())
    return [words for line in lines if line for words in _split(line)]


def _split(words):
    while "&&" in words:
        at = words.index("&&")
        yield words[:at]
        words = words[at + 1 :]
    yield words


def run_command(words, where):
    """Run a command of ours, or look at one of others as far as can be."""
    words = [w.removeprefix(".venv/bin/") if w != ".venv/bin/activate" else w for w in words]
    if words[:3] == ["python", "-m", "analysis"]:
        words = ["gongzhi", *words[3:]]
    if words[0] == "gongzhi":
        run_gongzhi(words[1:], where)
    elif words[0] == "python":
        look_at_python(words, where)
    else:
        assert words[0] in OTHERS, f"{where}: say in OTHERS what is to become of {words[0]!r}"
        assert OTHERS[words[0]](words), f"{where}: {' '.join(words)}"


def run_gongzhi(words, where):
    words = words[: words.index(">")] if ">" in words else words
    if words == ["--version"]:
        with pytest.raises(SystemExit, match="0"):
            main(words)
        return
    _parser().parse_args(words)
    unsure = any(PLACEHOLDER.search(word) for word in words)
    if words[0] in PARSED or unsure or (words[0] == "case" and words[1] in PARSED_CASES):
        return
    if words[0] in RUN_ONCE:
        if words[0] in already_run:
            return
        already_run.add(words[0])
    assert main(words) == 0, f"{where}: gongzhi {' '.join(words)}"


def look_at_python(words, where):
    if words[1] == "-m" and words[2] == "pytest":
        named = [word for word in words[3:] if word.startswith("tests/")]
        assert named, f"{where}: which tests?"
        for name in named:
            assert (REPOSITORY / name).exists(), f"{where}: there is no {name}"
    elif words[1] == "-m":
        assert importlib.util.find_spec(words[2]), f"{where}: there is no module {words[2]}"
    elif words[1] == "-c":
        exec(compile(words[2], str(where), "exec"), {})
    else:
        assert (REPOSITORY / words[1]).is_file(), f"{where}: there is no {words[1]}"


def read_toml(block, folder):
    """Read TOML, and what it declares by what would read it."""
    content = tomllib.loads(block.code)
    if "study" in content:
        folder = folder / f"config-{block.line}"
        folder.mkdir()
        (folder / "study.toml").write_text(block.code, encoding="utf-8")
        (folder / "places.csv").write_text("place_id,kind\n", encoding="utf-8")
        read_config(folder)
    elif "procedure" in content:
        parse_procedures(block.code, str(block))
    elif "index" in content:
        (folder / "index-in-a-page.toml").write_text(block.code, encoding="utf-8")
        read_index(folder / "index-in-a-page.toml")


def run_block(block, names, folder):
    if block.file and not block.file.startswith(("src/", "tests/", "docs/")):
        (folder / block.file).parent.mkdir(parents=True, exist_ok=True)
        (folder / block.file).write_text(block.code, encoding="utf-8")
    if block.language == "python":
        run_python(block, names)
    elif block.language in ("sh", "bash"):
        for words in commands(block.code):
            run_command(words, block)
    elif block.language == "toml":
        read_toml(block, folder)
    elif block.language.startswith("{"):
        pass  # a directive: tests/docs/test_site.py builds it
    elif block.language:
        assert block.language in NOT_CODE, f"{block}: what is {block.language!r}?"
    else:
        looks = re.search(r"^(gongzhi|python|make|import|from) ", block.code, re.M)
        assert not looks, f"{block}: name the language of this block"


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_every_block_of_the_page_runs(page, workplace, capsys):
    import matplotlib.pyplot as plt

    if (name := str(page.relative_to(REPOSITORY))) in ELSEWHERE:
        assert (REPOSITORY / ELSEWHERE[name]).is_file()
        return
    matplotlib.use("Agg")
    names = {"__name__": "page"}
    for block in blocks(page):
        try:
            run_block(block, names, workplace)
        except Exception as error:
            raise AssertionError(f"{block}: {type(error).__name__}: {error}") from error
    plt.close("all")


LIES = [
    "```python\nno_such_name\n```\n",
    "```sh\ngongzhi reprot X\n```\n",
    "```sh\ngongzhi check nowhere\n```\n",
    "```sh\nmake nothing-like-it\n```\n",
    "```sh\ncurl example.org\n```\n",
    "```sh\npython -m pytest tests/none -q\n```\n",
    "```toml\na = \n```\n",
    '```toml\n[study]\nperiod = "week"\n```\n',
    "```\ngongzhi check my-study\n```\n",
    "```rust\n1\n```\n",
    "1. A list\n\n   ```python\n   1 / 0\n   ```\n",
]


@pytest.mark.parametrize("text", LIES)
def test_a_block_that_does_not_run_is_caught(text, workplace, capsys):
    found = blocks(REPOSITORY / "docs" / "index.md", text)
    assert len(found) == 1
    with pytest.raises((Exception, SystemExit)):
        run_block(found[0], {}, workplace)


def test_fences_are_closed_and_counted():
    for page in pages():
        fences = re.findall(r"^ *```", page.read_text(encoding="utf-8"), re.M)
        assert len(fences) == 2 * len(blocks(page)), page
