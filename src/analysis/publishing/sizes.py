"""How wide journals print figures, in millimetres, and how large their letters may be."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.errors import AnalysisError

MM_PER_INCH = 25.4


@dataclass(frozen=True)
class Journal:
    """Sizes of one publisher.

    Attributes
    ----------
    single, double : float
        Width of a figure in one column and across the page, mm.
    height : float
        Greatest height, mm.
    letters : float
        Size of most letters, points.
    source : str
        Where the publisher says so.
    """

    single: float
    double: float
    height: float
    letters: float
    source: str


JOURNALS = {
    "nature": Journal(
        89, 183, 170, 7, "Nature research figure guide, Building and exporting figure panels: 89 and 183 mm, "
        "at most 170 mm high, letters of 5 to 7 points",
    ),
    "plos": Journal(
        132, 190.5, 222.3, 8, "PLOS figure requirements: 6.68 to 19.05 cm wide, at most 22.23 cm high, "
        "letters of 8 to 12 points; 13.2 cm is the width of its text column",
    ),
    "elsevier": Journal(
        90, 190, 240, 7, "Elsevier, Artwork sizing: 90 and 190 mm, printed letters of 7 points",
    ),
    "springer": Journal(
        84, 174, 234, 8, "Springer, Artwork guidelines: 84 and 174 mm, at most 234 mm high, letters of 8 to "
        "12 points",
    ),
}  # fmt: skip
SIZES = ("single", "double")


def figure_width(size: str | float, journal: str = "nature") -> float:
    """Return the width of a figure in mm.

    Parameters
    ----------
    size : {"single", "double"} or number
        A column or the page of `journal`; a number is a width in mm, from 30 to 400.
    journal : str
        A key of `JOURNALS`.

    Raises
    ------
    AnalysisError
        There is no such size or journal.
    """
    found = journal_of(journal)
    if isinstance(size, str) and size in SIZES:
        return float(getattr(found, size))
    number = isinstance(size, int | float) and not isinstance(size, bool)
    if not number or not 30 <= size <= 400:
        raise AnalysisError(
            "A figure has no such size.", where="argument size", value=size,
            expected='"single", "double", or a width in mm from 30 to 400',
            mend='Write size="single", or the width your journal asks for, such as size=120.',
        )  # fmt: skip
    return float(size)


def journal_of(name: str) -> Journal:
    """Return the sizes of a journal.

    Raises
    ------
    AnalysisError
        It is not known.
    """
    if name not in JOURNALS:
        raise AnalysisError(
            "The sizes of this journal are not known.", where="argument journal", value=name,
            expected=", ".join(JOURNALS), mend="Give the width in mm: size=85.",
        )  # fmt: skip
    return JOURNALS[name]
