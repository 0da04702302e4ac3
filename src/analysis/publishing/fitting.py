"""A figure drawn anew in another size: letters that can be read, and no text over another."""

from __future__ import annotations

import pickle
from itertools import pairwise
from textwrap import wrap
from unicodedata import east_asian_width

from analysis.display.margins import margins_engine
from analysis.errors import AnalysisError

SMALLEST = 5.0  # points: smaller letters no journal takes
WIDEST_LABELS = 0.4  # share of the figure that labels beside the vertical axis may take
THINNEST = 0.5  # points, of a line
GAP = 2.0  # points between two labels of an axis


def fitted(figure, width: float, height: float | None, *, most: float, letters: float):
    """Return a copy of a figure of another size.

    Parameters
    ----------
    figure : Figure
    width, height : float
        In inches; without a height that of the figure, lower by as much as its letters become smaller.
    most : float
        Greatest height in inches.
    letters : float
        Size of its commonest letters, in points; others in proportion, but none under 5.

    Raises
    ------
    AnalysisError
        The figure cannot be copied, because something in it cannot be pickled.
    """
    copy = _copied(figure)
    scale = letters / _common_size(copy)
    high = height if height is not None else figure.get_figheight() * min(max(scale, 0.6), 1.0)
    copy.set_size_inches(width, min(high, most))
    copy.set_dpi(200)
    _rescale(copy, scale)
    copy.canvas.draw()  # once, for the labels of the axes to exist
    _fit_legends(copy)
    for ax in copy.axes:
        _fit_labels(ax)
    copy.canvas.draw()
    for ax in copy.axes:
        _fit_ticks(ax, "x")
        _fit_ticks(ax, "y")
        _fit_names(ax)
    copy.canvas.draw()
    for ax in copy.axes:
        _pin_names(ax)
    copy.set_layout_engine("none")  # what is placed now stays placed, in every format
    return copy


def _pin_names(ax) -> None:
    """Say where the names of the axes stand in shares of the axes, not in pixels of one resolution."""
    for axis, label in ((ax.xaxis, ax.xaxis.label), (ax.yaxis, ax.yaxis.label)):
        pixels = label.get_transform().transform(label.get_position())
        axis.set_label_coords(*ax.transAxes.inverted().transform(pixels), transform=ax.transAxes)


def _copied(figure):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    engine = figure.get_layout_engine()
    try:
        figure.set_layout_engine("none")
        held = pickle.dumps(figure)
    except Exception as error:  # whatever somebody's artist raises
        raise AnalysisError(
            "The figure cannot be copied, and so not drawn in another size.", where="argument figure",
            value=error, expected="a figure without functions of its own inside",
            mend="Format its labels with text such as '{x:.0f}%', not with a lambda.",
        ) from error  # fmt: skip
    finally:
        figure.set_layout_engine(engine)
    copy = pickle.loads(held)
    _forget(copy)
    FigureCanvasAgg(copy)
    own = isinstance(engine, margins_engine())
    copy.set_layout_engine(margins_engine()() if own else "constrained")
    return copy


def _forget(copy) -> None:
    """Take the copy out of the figures that pyplot keeps."""
    import sys

    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None and getattr(copy, "number", None) is not None:
        pyplot.close(copy)


def _texts(figure) -> list:
    from matplotlib.text import Text

    return [text for text in figure.findobj(Text) if text.get_text()]


def _common_size(figure) -> float:
    """Return the size of the letters of most labels of the axes, in points."""
    import matplotlib as mpl

    sizes = [label.get_fontsize() for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)
             for label in axis.get_ticklabels()]  # fmt: skip
    sizes = sorted(sizes or [text.get_fontsize() for text in _texts(figure)])
    return sizes[len(sizes) // 2] if sizes else float(mpl.rcParams["font.size"])


def _rescale(figure, scale: float) -> None:
    from matplotlib.collections import Collection
    from matplotlib.lines import Line2D
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        text.set_fontsize(max(text.get_fontsize() * scale, SMALLEST))
    for ax in figure.axes:
        for axis, name in ((ax.xaxis, "x"), (ax.yaxis, "y")):
            size = [label.get_fontsize() for label in axis.get_ticklabels()[:1]]
            pads = {"pad": max(axis.get_major_ticks()[0].get_pad() * scale, 1.5)} if size else {}
            ax.tick_params(axis=name, labelsize=size[0] if size else None, **pads)
            axis.labelpad *= scale
    for line in figure.findobj(Line2D):
        line.set_linewidth(max(line.get_linewidth() * scale, THINNEST) if line.get_linewidth() else 0)
        line.set_markersize(line.get_markersize() * scale)
    for many in figure.findobj(Collection):
        many.set_linewidth([max(w * scale, THINNEST) if w else 0 for w in many.get_linewidth()])
        if hasattr(many, "set_sizes") and len(many.get_sizes()):
            many.set_sizes(many.get_sizes() * scale**2)


def _fit_legends(figure) -> None:
    """Set legends below the axes in as many columns as the figure has room for."""
    for legend in list(figure.legends):
        columns, box = legend._ncols, legend.get_window_extent()
        while columns > 1 and box.width > 0.98 * figure.bbox.width:
            columns -= 1
            size = legend.get_texts()[0].get_fontsize()
            labels = [text.get_text() for text in legend.get_texts()]
            handles = legend.legend_handles
            legend.remove()
            legend = figure.legend(
                handles, labels, loc="outside lower center", ncols=columns, fontsize=size, handlelength=1.6
            )
            box = legend.get_window_extent()
        room = figure.bbox.width / max(columns, 1) * 0.75
        for text in legend.get_texts():
            _break(text, room)


def _fit_labels(ax) -> None:
    """Break long labels beside the vertical axis into lines."""
    if not ax.yaxis.get_visible():
        return
    room = WIDEST_LABELS * ax.figure.bbox.width / _columns(ax)
    labels = [label for label in ax.get_yticklabels() if label.get_text()]
    if any(label.get_window_extent().width > room for label in labels) and _fixed(ax.yaxis):
        for label in labels:
            _break(label, room)
        ax.set_yticks(ax.get_yticks(), [label.get_text() for label in labels], fontsize=_size(labels),
                      linespacing=1.0)  # fmt: skip


def _size(labels: list) -> float | None:
    return labels[0].get_fontsize() if labels else None


def _columns(ax) -> int:
    spec = ax.get_subplotspec()
    return spec.get_gridspec().ncols if spec is not None else 1


def _fixed(axis) -> bool:
    from matplotlib.ticker import FixedFormatter

    return isinstance(axis.get_major_formatter(), FixedFormatter)


def _fit_ticks(ax, name: str) -> None:
    """Thin out the labels of an axis until none touches the next."""
    axis = ax.xaxis if name == "x" else ax.yaxis
    for _ in range(6):
        labels = [label for label in axis.get_ticklabels() if label.get_visible() and label.get_text()]
        if len(labels) < 3 or not _touch(labels, name, GAP * ax.figure.dpi / 72):
            return
        if _fixed(axis):
            if name == "y":  # names of rows: each is needed
                return
            at, words = axis.get_ticklocs(), [label.get_text() for label in axis.get_ticklabels()]
            size = _size(labels)
            axis.set_ticks(at[::2], words[::2], fontsize=size)
        else:
            ax.locator_params(axis=name, nbins=max(len(labels) - 2, 2))
        ax.figure.canvas.draw()


def _touch(labels: list, name: str, gap: float) -> bool:
    boxes = [label.get_window_extent() for label in labels]
    ends = sorted((box.x0, box.x1) if name == "x" else (box.y0, box.y1) for box in boxes if box.width)
    return any(first[1] + (gap if name == "x" else 0) > second[0]
               for first, second in pairwise(ends))  # fmt: skip


def _fit_names(ax) -> None:
    """Break the titles of axes and their names where they are longer than the room there is."""
    whole = ax.figure.bbox.width / _columns(ax)
    for title in (ax.title, ax._left_title, ax._right_title):
        _break(title, min(whole * 0.96, max(ax.bbox.width, whole * 0.7)))
    page, box = ax.figure.bbox, ax.bbox
    across, up = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2  # where the names of the axes are centred
    _break(ax.xaxis.label, min(whole * 0.96, 1.92 * min(across, page.width - across)))
    _break(ax.yaxis.label, min(max(box.height, page.height * 0.3), 1.92 * min(up, page.height - up)))


def _break(text, room: float) -> None:
    """Break a text into lines no longer than `room` pixels."""
    words = text.get_text()
    if not words.strip():
        return
    box = text.get_window_extent()
    long = max(box.width, box.height) if text.get_rotation() % 180 else box.width
    if long <= room:
        return
    letters = max(max(_width(line) for line in words.split("\n")), 1)
    text.set_text("\n".join(_lines(words.replace("\n", " "), max(int(letters * room / long), 6))))


def _width(words: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in words)


def _lines(words: str, width: int) -> list[str]:
    """Return the words in lines of at most `width` letters; a Chinese one counts as two."""
    if all(east_asian_width(letter) not in "WF" for letter in words):
        return wrap(words, width) or [words]
    lines, line = [], ""
    for letter in words:
        if line and _width(line + letter) > width and letter not in "，。、：；）)%！？":
            lines.append(line)
            line = ""
        line += letter
    return [*lines, line]
