"""Room for labels, legends and titles around axes: each text measured once, before the figure is drawn."""

from __future__ import annotations

from functools import cache

PAD = 3.0  # points around everything, and on both sides of a gap between axes
FIRST = {"left": 40.0, "right": 8.0, "bottom": 18.0, "top": 6.0}  # points that labels usually take


@cache
def margins_engine() -> type:
    """Return the class; its parent is loaded with the first figure."""
    from matplotlib.layout_engine import LayoutEngine

    class Margins(LayoutEngine):
        """What a constrained layout does for a plain grid of axes with legends below, in one look."""

        _adjust_compatible = False
        _colorbar_gridspec = False

        def execute(self, fig) -> None:
            """Place the axes of the figure; see `LayoutEngine.execute`."""
            place_axes(fig)

    return Margins


def place_axes(figure) -> None:
    """Place the axes of a figure so that what stands around them has room, with equal axes in each column.

    Parameters
    ----------
    figure : Figure
        Its axes lie in one grid, each in one cell of it; its legends are below.
    """
    axes = [ax for ax in figure.axes if ax.get_subplotspec() is not None]
    if not axes:
        return
    renderer = figure.canvas.get_renderer()
    grid = axes[0].get_gridspec()
    rows, columns = grid.get_geometry()
    whole, point = figure.bbox, figure.dpi / 72
    under = max(
        (leg.get_window_extent(renderer).height + 2 * PAD * point for leg in figure.legends), default=0
    )
    cells = [(ax, ax.get_subplotspec().rowspan.start, ax.get_subplotspec().colspan.start) for ax in axes]
    ratios = grid.get_height_ratios() or [1] * rows
    room = _Room(rows, columns, ratios, whole.width, whole.height, under, PAD * point)
    for side, points in FIRST.items():
        room.take(side, [points * point] * (columns if side in ("left", "right") else rows))
    _move(cells, room)
    found = [(row, column, _around(ax, renderer, point)) for ax, row, column in cells if ax.get_visible()]
    for at, (side, of) in enumerate((("left", 1), ("right", 1), ("bottom", 0), ("top", 0))):
        count = columns if of else rows
        room.take(side, [max((f[2][at] for f in found if f[of] == n), default=0) for n in range(count)])
    if columns == 1:
        room.narrow([_texts(ax, renderer) for ax, *_ in cells if ax.get_visible()])
    _move(cells, room)


class _Room:
    """How much each row and column of the grid needs around its axes, in pixels."""

    def __init__(
        self, rows: int, columns: int, ratios, width: float, height: float, under: float, pad: float
    ):
        self.rows, self.columns, self.ratios = rows, columns, ratios
        self.width, self.height, self.under, self.pad = width, height, under, pad
        self.sides: dict[str, list[float]] = {}
        self.extra = 0.0

    def take(self, side: str, pixels: list[float]) -> None:
        self.sides[side] = [value + self.pad for value in pixels]

    def narrow(self, texts: list[list[tuple[float, float]]]) -> None:
        """Make the one column narrower until texts beside the axes' values end within the figure.

        A text is (where it starts as a share of the axes' width, its own width).
        """
        left, right = self.sides["left"][0], self.sides["right"][0]
        most = self.width - left - self.pad
        wanted = [(most - wide) / at for ax in texts for at, wide in ax if at > 0.2]
        self.extra = max(0.0, (self.width - left - right) - min(wanted, default=self.width))

    def box(self, row: int, column: int) -> tuple[float, float, float, float]:
        """Return left, bottom, width and height of the axes in a cell, as shares of the figure."""
        sides = self.sides
        wide = self.width - sum(sides["left"]) - sum(sides["right"]) - self.extra
        high = self.height - sum(sides["bottom"]) - sum(sides["top"]) - self.under
        wide = max(wide, 1.0) / self.columns
        heights = [max(high, 1.0) * ratio / sum(self.ratios) for ratio in self.ratios]
        x = sum(sides["left"][: column + 1]) + sum(sides["right"][:column]) + wide * column
        above = sum(sides["top"][: row + 1]) + sum(sides["bottom"][:row]) + sum(heights[: row + 1])
        y = self.height - above
        return x / self.width, y / self.height, wide / self.width, heights[row] / self.height


def _move(cells: list[tuple], room: _Room) -> None:
    for ax, row, column in cells:
        ax.set_position(room.box(row, column))
        ax.set_in_layout(True)  # it still counts where a figure is cut to what is drawn


def _around(ax, renderer, point: float) -> tuple[float, float, float, float]:
    """Return how far labels and title reach beyond the axes: left, right, bottom, top, in pixels."""
    box, titles = ax.bbox, _titles(ax, renderer)
    top = max([title.y1 - box.y1 for title in titles], default=0.0)
    if not ax.axison:
        return 0.0, 0.0, 0.0, top
    labels = _labels(ax.xaxis, renderer) + _labels(ax.yaxis, renderer)
    left = max([box.x0 - label.x0 for label in labels], default=0.0)
    right = max([label.x1 - box.x1 for label in labels], default=0.0)
    bottom = max([box.y0 - label.y0 for label in labels], default=0.0)
    top = max([label.y1 - box.y1 for label in labels] + [top, 0.0])
    left = _with_name(ax.yaxis, max(left, 0.0), renderer, point)
    return left, max(right, 0.0), _with_name(ax.xaxis, max(bottom, 0.0), renderer, point), top


def _labels(axis, renderer) -> list:
    """Return the boxes of the labels of an axis that are drawn."""
    if not axis.get_visible():
        return []
    low, high = sorted(axis.get_view_interval())
    room, at = (high - low) * 1e-9, 0 if axis.axis_name == "x" else 1
    return [
        label.get_window_extent(renderer)
        for label in axis.get_majorticklabels()
        if label.get_visible() and label.get_text() and low - room <= label.get_position()[at] <= high + room
    ]


def _with_name(axis, reach: float, renderer, point: float) -> float:
    """Put the name of an axis beyond its labels; return how far it all reaches."""
    from matplotlib.transforms import Affine2D

    axes, label, across = axis.axes, axis.get_label(), axis.axis_name == "x"
    beyond = reach + axis.labelpad * point
    shift = (0, -beyond) if across else (-beyond, 0)
    moved = axes.transAxes + Affine2D().translate(*shift)
    axis.set_label_coords(*((0.5, 0) if across else (0, 0.5)), transform=moved)
    if not label.get_text() or not axis.get_visible():
        return reach
    size = label.get_window_extent(renderer)
    return beyond + (size.height if across else size.width)


def _titles(ax, renderer) -> list:
    """Return the boxes of the titles of the axes."""
    from matplotlib.text import Text

    inside = set(ax.texts)
    titles = [part for part in ax.get_children() if isinstance(part, Text) and part not in inside]
    return [title.get_window_extent(renderer) for title in titles if title.get_text()]


def _texts(ax, renderer) -> list[tuple[float, float]]:
    """Return where each text inside the axes starts, as a share of their width, and its own width."""
    found = []
    for text in ax.texts:
        if text.get_visible() and text.get_text():
            box = text.get_window_extent(renderer)
            found.append(((box.x0 - ax.bbox.x0) / ax.bbox.width, box.width))
    return found
