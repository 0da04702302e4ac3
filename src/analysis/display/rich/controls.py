"""Knobs: call a function again whenever a choice changes; without widgets, the call as it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from IPython.display import display

from analysis.display.html import element
from analysis.display.rich.language import words
from analysis.display.rich.pictures import picture
from analysis.errors import AnalysisError, ReportError


def knobs(function: Callable | Mapping[str, Callable], /, **arguments: object) -> None:
    """Show what a function returns, with a knob for every argument that is given as a choice.

    Parameters
    ----------
    function : callable, or mapping of name to callable
        What to call with the arguments; a mapping is a knob itself: which of them to call.
    **arguments
        A list is a knob with these values, or pairs of (what it is called, value); the first is where it
        stands. A `range` is a slider, which stands at its start. Everything else is given to the function as
        it is; what is to be a fixed sequence is given as a tuple.

    Returns
    -------
    None
        The result for the knobs as they stand is shown, and shown anew in its place whenever one is turned.
        Where nothing can be turned (a notebook run without a window, a page) it is the plain call's result.

    Raises
    ------
    ReportError
        A list of choices is empty.
    """
    choices = {name: value for name, value in arguments.items() if isinstance(value, list | range)}
    for name, values in choices.items():
        if not len(values):
            raise ReportError(
                "There is nothing to choose from.", where=f"argument {name}", value=values,
                expected="at least one value", mend="Give the values to choose from.",
            )  # fmt: skip
    fixed = {name: value for name, value in arguments.items() if name not in choices}
    if isinstance(function, Mapping):
        choices = {"function": list(function.items()), **choices}
    choices = {name: _pairs(values) for name, values in choices.items()}
    ranges = {name for name, value in arguments.items() if isinstance(value, range)}
    state = dict.fromkeys(choices, 0)

    def result() -> object:
        chosen = {name: choices[name][at][1] for name, at in state.items()}
        return _drawn(chosen.pop("function", function)(**fixed, **chosen))

    def turn(name: str, change: dict) -> None:
        state[name] = change["new"]
        try:
            shown = result()
        except AnalysisError as error:
            shown = element("pre", f"{type(error).__name__}: {error}")
        handle.update(shown)

    first = result()
    _show_boxes(
        {name: _widget(name, pairs, name in ranges) for name, pairs in choices.items()}, choices, turn
    )
    handle = display(first, display_id=True)


def _widget(name: str, pairs: list[tuple[str, object]], slides: bool):
    """Return the widget of one knob; its value is the number of the choice."""
    import ipywidgets

    kind = ipywidgets.SelectionSlider if slides else ipywidgets.Dropdown
    further = {"continuous_update": False} if slides else {}
    options = [(label, at) for at, (label, _) in enumerate(pairs)]
    return kind(options=options, value=0, description=name, style={"description_width": "initial"}, **further)


def _show_boxes(boxes: dict, choices: dict, turn: Callable) -> None:
    """Show the widgets, and in their place a sentence where there is nobody to turn them."""
    import ipywidgets

    text = words()
    for name, box in boxes.items():
        box.observe(partial(turn, name), "value")
    said = [
        text("rich.knob", name=name, value=pairs[0][0], count=len(pairs)) for name, pairs in choices.items()
    ]
    row = ipywidgets.HBox(list(boxes.values()), layout={"flex_flow": "row wrap"})
    bundle = row._repr_mimebundle_() or {}
    display({**bundle, "text/plain": text("rich.knobs", listed=text.listed(said))}, raw=True)


def _pairs(values: list | range) -> list[tuple[str, object]]:
    """Return choices as (what it is called, value)."""
    return [
        v if isinstance(v, tuple) and len(v) == 2 and isinstance(v[0], str) else (str(v), v) for v in values
    ]


def _drawn(result: object) -> object:
    """Return the picture of axes or a figure, closed for whoever shows open figures; all else as it is."""
    figure = getattr(result, "figure", None)
    if figure is None or not hasattr(figure, "savefig"):
        return result
    from IPython.display import Image
    from matplotlib import pyplot

    pyplot.close(figure)
    png, size = picture(figure)
    return Image(png, format="png", **size)
