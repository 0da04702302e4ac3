"""The folder that JupyterLab opens with: copies of the notebooks, and a page that leads to them."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

from analysis.errors import ReportError
from analysis.tables.share import shared

PAGE = "start_here.md"
HERE = Path(__file__).parent


def fill(folder: Path, cases: dict[str, tuple[str, str]]) -> Path:
    """Copy the explore notebooks where they are not there yet, and write the first page.

    Parameters
    ----------
    folder : Path
        Made if it is not there; nothing in it is overwritten but the first page.
    cases : dict of file name -> (English title, Chinese title)
        The teaching cases that stand, or will stand, in `folder`/cases.

    Returns
    -------
    Path
        The folder, absolute.

    Raises
    ------
    ReportError
        The folder cannot be made or written to.
    """
    folder = folder.absolute()
    try:
        (folder / "explore").mkdir(parents=True, exist_ok=True)
        notebooks = sorted(shared("notebooks/explore").glob("*.ipynb"))
        for notebook in notebooks:
            if not (folder / "explore" / notebook.name).exists():
                shutil.copyfile(notebook, folder / "explore" / notebook.name)
        (folder / PAGE).write_text(page([n.name for n in notebooks], cases), encoding="utf-8")
    except OSError as error:
        raise ReportError(
            "The notebooks cannot be put there.", where=str(folder), value=error.strerror,
            mend="Name a folder that you may write to: gongzhi lab FOLDER",
        ) from error  # fmt: skip
    return folder


def page(notebooks: list[str], cases: dict[str, tuple[str, str]]) -> str:
    """Return the first page, in English and Chinese beside each other.

    Parameters
    ----------
    notebooks : list of str
        File names of the explore notebooks.
    cases : dict of file name -> (English title, Chinese title)
    """
    questions = tomllib.loads((HERE / "questions.toml").read_text(encoding="utf-8"))
    steps = [_row("explore", name, questions.get(name[:2], {})) for name in notebooks]
    lessons = [_row("cases", name, {"en": en, "zh": zh}) for name, (en, zh) in cases.items()]
    text = (HERE / PAGE).read_text(encoding="utf-8")
    return text.replace("{explore}\n", "".join(steps)).replace("{cases}\n", "".join(lessons))


def _row(folder: str, name: str, words: dict[str, str]) -> str:
    label = name.removesuffix(".ipynb").replace("_", " ")
    return f"| [{label}]({folder}/{name}) | {words.get('en', '')} | {words.get('zh', '')} |\n"
