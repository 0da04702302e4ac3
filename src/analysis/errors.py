"""The errors Gongzhi raises on purpose: each says where, which value, what was expected, how to mend."""

from __future__ import annotations


class AnalysisError(Exception):
    """A problem the user can mend.

    Parameters
    ----------
    what : str
        One sentence: what is wrong.
    where : str, optional
        The file, table, column, row, argument or place concerned.
    value : object, optional
        The offending value; shown shortened, never a person's identifier.
    expected : str, optional
        What would have been right.
    mend : str, optional
        What to do next, as an instruction.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        value: object = None,
        expected: str | None = None,
        mend: str | None = None,
    ) -> None:
        self.what, self.where, self.value, self.expected, self.mend = what, where, value, expected, mend
        super().__init__(what)

    def __str__(self) -> str:
        lines = [_lines(self.what)]
        if self.where is not None:
            lines.append(f"  where:    {visible(self.where)}")
        if self.value is not None:
            lines.append(f"  value:    {shorten(self.value)}")
        if self.expected is not None:
            lines.append(f"  expected: {visible(self.expected)}")
        if self.mend is not None:
            lines.append(f"  mend:     {_lines(self.mend)}")
        return "\n".join(lines)

    def __reduce__(self):  # the keyword arguments must survive the way back from a worker process
        return _rebuild, (
            type(self),
            self.what,
            {"where": self.where, "value": self.value, "expected": self.expected, "mend": self.mend},
        )


class StudyError(AnalysisError):
    """A study that cannot be opened or used as it is."""


class EstimationError(AnalysisError):
    """Data from which the effect asked for cannot be estimated at all."""


class ReportError(AnalysisError):
    """A report or batch that cannot be made as asked."""


def shorten(value: object, limit: int = 80) -> str:
    """Return `value` as text on one line of at most `limit` characters."""
    text = " ".join(visible(value).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def visible(value: object) -> str:
    """Return `value` as text on one line, marks that move the cursor or turn the writing written out."""
    text = str(value)
    if text.isprintable():
        return text
    return "".join(
        mark if mark.isprintable() else " " if mark.isspace() else mark.encode("unicode_escape").decode()
        for mark in text
    )


def _lines(text: str) -> str:
    return "\n".join(visible(line) for line in str(text).split("\n"))


def _rebuild(kind: type[AnalysisError], what: str, details: dict[str, object]) -> AnalysisError:
    return kind(what, **details)
