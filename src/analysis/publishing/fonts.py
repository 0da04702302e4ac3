"""Chinese letters in PDF: as TrueType, for readers refuse Postscript outlines where Type 42 belongs."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analysis.display.figures import CHINESE

EAST = 0x2E80  # from here on letters are East Asian
ERROR = 1.0  # how far a curve may lie from the one it stands for, in thousandths of the letter's height


@contextmanager
def truetype_letters(figure) -> Iterator[None]:
    """Draw the Chinese letters of a figure, while in here, with a TrueType font that holds just these."""
    from matplotlib import font_manager
    from matplotlib.text import Text

    texts = [text for text in figure.findobj(Text) if _needs_chinese(text)]
    letters = "".join(sorted(set("".join(text.get_text() for text in texts))))
    if not letters:
        yield
        return
    name = "NotoSansSC" + hashlib.sha256(letters.encode()).hexdigest()[:12]
    families = [list(text.get_fontfamily()) for text in texts]
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / f"{name}.ttf"
        _write_truetype(letters, name, path)
        manager = font_manager.fontManager
        manager.addfont(str(path))
        try:
            for text, given in zip(texts, families, strict=True):
                text.set_fontfamily([name if family == CHINESE else family for family in given])
            yield
        finally:
            manager.ttflist = [entry for entry in manager.ttflist if entry.name != name]
            for text, given in zip(texts, families, strict=True):
                text.set_fontfamily(given)


def _needs_chinese(text) -> bool:
    """Whether a text is drawn with the Chinese font: as its first, or for letters that no Latin one has."""
    families, words = text.get_fontfamily(), text.get_text()
    first = bool(words) and families[0] == CHINESE
    return first or (CHINESE in families and any(ord(letter) >= EAST for letter in words))


def _write_truetype(letters: str, name: str, path: Path) -> None:
    """Write the letters of the Chinese font with quadratic curves, as fontTools' own otf2ttf does."""
    from fontTools.pens.cu2quPen import Cu2QuPen
    from fontTools.pens.ttGlyphPen import TTGlyphPen
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont, newTable
    from pylopdf_fonts_zh_cn import sans_path

    font = TTFont(str(sans_path()), recalcTimestamp=False)
    subset = Subsetter(Options(layout_features=[], notdef_outline=True, name_IDs=["*"], glyph_names=False))
    subset.populate(text=letters + " 0")
    subset.subset(font)
    order, drawn = font.getGlyphOrder(), font.getGlyphSet()
    glyphs = {}
    for glyph in order:
        pen = TTGlyphPen(drawn)
        drawn[glyph].draw(Cu2QuPen(pen, ERROR, reverse_direction=True))
        glyphs[glyph] = pen.glyph()
    font["loca"], font["glyf"] = newTable("loca"), newTable("glyf")
    font["glyf"].glyphOrder, font["glyf"].glyphs = order, glyphs
    for glyph in order:
        font["glyf"][glyph].recalcBounds(font["glyf"])
    metrics = font["hmtx"].metrics
    for glyph in order:
        metrics[glyph] = (metrics[glyph][0], getattr(glyphs[glyph], "xMin", 0))
    _describe(font, name)
    font.save(str(path))


def _describe(font, name: str) -> None:
    """Say in the font's tables that it is TrueType, and what it is called."""
    most = font["maxp"]
    most.tableVersion = 0x00010000
    unused = ("TwilightPoints", "Storage", "FunctionDefs", "InstructionDefs", "StackElements",
              "SizeOfInstructions", "ComponentElements", "Points", "Contours", "CompositePoints",
              "CompositeContours", "ComponentDepth")  # fmt: skip
    for key in unused:
        setattr(most, f"max{key}", 0)
    most.maxZones = 1
    for table in ("CFF ", "VORG"):
        if table in font:
            del font[table]
    font["post"].formatType, font["post"].extraNames, font["post"].mapping = 3.0, [], {}
    for record in font["name"].names:
        if record.nameID in (1, 3, 4, 6, 16):
            record.string = name
    font.sfntVersion = "\000\001\000\000"
