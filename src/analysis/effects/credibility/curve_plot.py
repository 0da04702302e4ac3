"""A specification curve: estimates in order of size above, the choices behind each of them below."""

from __future__ import annotations

import numpy as np

from analysis.effects.results.plots import COLOUR, PRE_COLOUR

NAMES = ("estimator", "control_group", "outcome", "transform", "sample", "covariates")
ROW = 0.075  # of the height of the axes, per choice


def draw_curve(curve, ax=None):
    """Draw a `SpecificationCurve` on `ax` (a new one if None) and return it.

    Blue: the 95 % interval leaves zero out; grey: it does not. Choices that all specifications share are
    left out below; specifications that are not identified are not drawn.
    """
    if ax is None:
        import matplotlib.pyplot as plt

        _, ax = plt.subplots()
    shown = curve.table[curve.table["identified"]]
    x = np.arange(len(shown))
    far = ((shown["conf_low"] > 0) | (shown["conf_high"] < 0)).to_numpy(bool)
    for part, colour in ((~far, PRE_COLOUR), (far, COLOUR)):
        rows = shown[part]
        reach = np.vstack([rows["estimate"] - rows["conf_low"], rows["conf_high"] - rows["estimate"]])
        ax.errorbar(x[part], rows["estimate"], yerr=np.nan_to_num(reach.astype(float)), fmt="o",
                    markersize=4, color=colour)  # fmt: skip
    ax.axhline(0, color="black", linewidth=0.8)
    ax.set(ylabel="estimate", xticks=[], xlim=(-0.5, max(len(shown) - 0.5, 0.5)))
    _draw_choices(shown, x, far, ax)
    return ax


def _draw_choices(shown, x, far, ax) -> None:
    rows = []
    for name in NAMES:
        values = shown[name].fillna("all" if name == "sample" else "").astype(str)
        if values.nunique() > 1:
            rows += [
                (f"{name}: {value}", (values == value).to_numpy()) for value in sorted(set(values) - {""})
            ]
    if not rows:
        return
    below = ax.inset_axes((0, -0.04 - ROW * len(rows), 1, ROW * len(rows)), sharex=ax)
    for height, (_, has) in enumerate(reversed(rows)):
        below.scatter(x[has], np.full(has.sum(), height), s=12,
                      color=np.where(far[has], COLOUR, PRE_COLOUR))  # fmt: skip
    below.set_yticks(range(len(rows)), [label for label, _ in reversed(rows)], fontsize="small")
    below.set(ylim=(-0.6, len(rows) - 0.4), xticks=[])
    for side in ("top", "right", "bottom"):
        below.spines[side].set_visible(False)
