"""Files that come with the project: the report notebook and the example study."""

from __future__ import annotations

from pathlib import Path

import analysis
from analysis.errors import StudyError


def shared(path: str) -> Path:
    """Return a file or folder of the repository, or of the installed package.

    Raises
    ------
    StudyError
        It is in neither.
    """
    package = Path(analysis.__file__).parent
    for root in (package / "_share", package.parents[1]):
        if (root / path).exists():
            return root / path
    raise StudyError(
        "A file of the project is missing.", where=path, expected="a whole checkout or installation",
        mend="Install gongzhi again, or run it from a checkout.",
    )  # fmt: skip


def example_study() -> Path:
    """Return the folder of the small synthetic study that comes with the project.

    Returns
    -------
    Path
        For `open_study`.

    Raises
    ------
    StudyError
        The installation is not whole.
    """
    return shared("data/examples/small-city")
