"""Figures as journals take them: at their width, with their fonts inside, the same bytes every time."""

from __future__ import annotations

import io
import logging
from collections.abc import Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from analysis.errors import AnalysisError
from analysis.publishing.fonts import truetype_letters
from analysis.publishing.sizes import MM_PER_INCH, figure_width, journal_of

FORMATS = ("svg", "pdf", "png")
RESOLUTIONS = (300, 600)
SALT = "gongzhi"  # of the names inside an SVG file, which are drawn by chance otherwise


def save_figure(
    figure,
    path: str | Path,
    *,
    size: str | float = "single",
    journal: str = "nature",
    height: float | None = None,
    formats: Sequence[str] = FORMATS,
    dpi: int = 300,
    svg_text: str = "paths",
) -> list[Path]:
    """Save a figure at the size at which a journal prints it; the same figure gives the same bytes.

    The figure is drawn anew in that size: letters get the journal's size, texts that would run into each
    other are broken into lines or thinned out. The figure handed in stays as it is.

    Parameters
    ----------
    figure : Figure or Axes
    path : path
        Where to; its ending is replaced by each format's.
    size : {"single", "double"} or float
        One column, the whole page, or a width in mm.
    journal : str
        A key of `JOURNALS`: nature, plos, elsevier, springer.
    height : float, optional
        In mm; by default as much as the figure needs, never more than the journal's page.
    formats : sequence of {"svg", "pdf", "png"}
        Fonts are embedded in PDF (as Type 42).
    dpi : {300, 600}
        Of PNG.
    svg_text : {"paths", "fonts"}
        Outlines that look alike everywhere, or letters that can be edited and need the fonts.

    Returns
    -------
    list of Path
        The files, in the order of `formats`.

    Raises
    ------
    AnalysisError
        No such size, journal, format or resolution; or what is handed in is no figure.
    """
    figure = _figure_of(figure)
    formats = (formats,) if isinstance(formats, str) else tuple(formats)
    _require(bool(formats) and set(formats) <= set(FORMATS), "formats", formats, ", ".join(FORMATS))
    _require(dpi in RESOLUTIONS, "dpi", dpi, "300 or 600")
    _require(svg_text in ("paths", "fonts"), "svg_text", svg_text, '"paths" or "fonts"')
    from analysis.publishing.fitting import fitted

    wide, page = figure_width(size, journal), journal_of(journal)
    copy = fitted(figure, wide / MM_PER_INCH, None if height is None else height / MM_PER_INCH,
                  most=page.height / MM_PER_INCH, letters=page.letters)  # fmt: skip
    path = Path(path)
    stem = path.with_suffix("") if path.suffix.lstrip(".") in FORMATS else path
    stem.parent.mkdir(parents=True, exist_ok=True)
    found = [stem.with_name(f"{stem.name}.{kind}") for kind in formats]
    for kind, file in zip(formats, found, strict=True):
        file.write_bytes(_bytes(copy, kind, dpi, svg_text))
    return found


def _bytes(figure, kind: str, dpi: int, svg_text: str) -> bytes:
    import matplotlib as mpl

    settings = {
        "pdf.fonttype": 42, "svg.fonttype": "path" if svg_text == "paths" else "none", "svg.hashsalt": SALT,
        "savefig.bbox": None, "savefig.dpi": dpi,
    }  # fmt: skip
    undated = {
        "pdf": {"CreationDate": None, "ModDate": None}, "svg": {"Date": None}, "png": {"Software": None},
    }[kind]  # fmt: skip
    buffer = io.BytesIO()
    letters = truetype_letters(figure) if kind == "pdf" else nullcontext()
    with mpl.rc_context(settings), _quiet("fontTools"), letters:
        figure.savefig(buffer, format=kind, dpi=dpi, metadata=undated, facecolor="white")
    return buffer.getvalue()


@contextmanager
def _quiet(name: str):
    """Keep a library from telling every step of embedding a font."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(before)


def _figure_of(figure):
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    found = figure.figure if isinstance(figure, Axes) else figure
    _require(isinstance(found, Figure), "figure", type(figure).__name__,
             "a figure of matplotlib, or axes of one")  # fmt: skip
    return found


def _require(holds: bool, argument: str, value: object, expected: str) -> None:
    if not holds:
        raise AnalysisError(
            "A figure cannot be saved like this.", where=f"argument {argument}", value=value,
            expected=expected, mend=f"Change {argument}.",
        )  # fmt: skip
