"""Figures: fonts for Chinese, one visual language, and the way from a figure to HTML with its alt text."""

from __future__ import annotations

import base64
import io
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from analysis.display.html import Html, element, mark
from analysis.display.margins import margins_engine
from analysis.display.numbers import format_period

# Okabe & Ito (2008): told apart with every kind of colour vision, and in grey by their lightness
COLOURS = {
    "here": "#D55E00", "others": "#9AA5AE", "blue": "#0072B2", "green": "#009E73", "yellow": "#E69F00",
    "sky": "#56B4E9", "pink": "#CC79A7", "ink": "#22303A", "grid": "#E3E8EC",
}  # fmt: skip
CYCLE = [COLOURS[name] for name in ("blue", "yellow", "green", "pink", "sky", "here")]
LATIN, CHINESE = "DejaVu Sans", "Noto Sans SC"
WIDTH = 7.4  # inches: near the text of an A4 page, so that 9 points stay near 9 points in print
DPI = 168
PALETTE = 192
_LANGUAGE = ContextVar("language of what is drawn", default="en")


def period_labels(periods) -> list[str]:
    """Return period labels as they stand on an axis, in the language of the `style` in which is drawn."""
    return [format_period(label, _LANGUAGE.get(), short=True) for label in periods]


@cache
def _register_chinese() -> None:
    from matplotlib import font_manager
    from pylopdf_fonts_zh_cn import sans_path

    font_manager.fontManager.addfont(str(sans_path()))


@contextmanager
def style(language: str = "en"):
    """Draw inside this context: fonts that hold Chinese, quiet axes, colours everybody can tell apart."""
    import matplotlib as mpl

    _register_chinese()
    families = [CHINESE, LATIN] if language == "zh" else [LATIN, CHINESE]
    settings = {
        "font.family": families, "font.size": 9, "axes.titlesize": 9.5, "axes.titleweight": "normal",
        "axes.titlelocation": "left", "axes.edgecolor": COLOURS["others"], "axes.labelcolor": COLOURS["ink"],
        "text.color": COLOURS["ink"], "xtick.color": COLOURS["ink"], "ytick.color": COLOURS["ink"],
        "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "axes.axisbelow": True,
        "grid.color": COLOURS["grid"], "grid.linewidth": 0.8, "lines.linewidth": 1.8,
        "axes.unicode_minus": False, "axes.titley": 1.0, "axes.formatter.limits": (-7, 12),
        "axes.prop_cycle": mpl.cycler(color=CYCLE), "legend.frameon": False, "figure.facecolor": "white",
    }  # fmt: skip
    token = _LANGUAGE.set(language)
    with mpl.rc_context(settings):
        try:
            yield
        finally:
            _LANGUAGE.reset(token)
        interactive = mpl.is_interactive()  # on since a notebook's first figure, if that was drawn in here
    mpl.interactive(interactive)


def new_axes(ax=None, *, width: float = WIDTH, height: float = 3.2, rows: int = 1, columns: int = 1):
    """Return `ax`, or axes in a new figure of `width` x `height` inches that no global state knows."""
    if ax is not None:
        return ax
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout=margins_engine()(), dpi=DPI)
    return figure.subplots(rows, columns)


def figure_png(figure) -> bytes:
    """Return the figure as PNG, at its own resolution, in at most 192 colours.

    Drawn once, where savefig draws twice; a palette makes the file half as large, and quicker to write.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image, ImageChops

    canvas = figure.canvas if isinstance(figure.canvas, FigureCanvasAgg) else FigureCanvasAgg(figure)
    canvas.draw()
    drawn = Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba(), "raw", "RGBA", 0, 1)
    opaque = drawn.convert("RGB")
    if figure.get_facecolor()[3] < 1:
        opaque.paste("white", mask=ImageChops.invert(drawn.getchannel("A")))
    buffer = io.BytesIO()
    reduced = opaque.quantize(PALETTE, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    reduced.putpalette([255 if part == 254 else part for part in reduced.getpalette()])  # white stays white
    reduced.save(buffer, "png", dpi=(figure.dpi, figure.dpi))
    return buffer.getvalue()


def figure_html(figure, *, alt: str, caption: str) -> Html:
    """Return a figure, or what `figure_png` made of one, as self-contained HTML with alt text and caption."""
    png = figure if isinstance(figure, bytes) else figure_png(figure)
    source = "data:image/png;base64," + base64.b64encode(png).decode("ascii")
    pixels = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))  # where PNG states its size
    dpi = DPI if isinstance(figure, bytes) else figure.dpi
    width, height = (round(count / dpi * 96) for count in pixels)
    image = element("img", src=source, alt=alt, width=width, height=height).removesuffix("</img>")
    return element("figure", Html(image), element("figcaption", caption), data_source=mark("figure"))
