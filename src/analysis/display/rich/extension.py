"""`%load_ext analysis`: results show themselves as tables, and errors that can be mended in a few lines."""

from __future__ import annotations

from importlib import import_module

FORMATTERS = {  # (module, class) -> how it is shown; classes load on use
    ("analysis.tables.study", "Study"): "results:study_html",
    ("analysis.networks.building.ties", "Ties"): "results:ties_html",
    ("analysis.index.results", "IndexResult"): "results:index_html",
    ("analysis.index.results", "RankResult"): "results:ranks_html",
    ("analysis.index.spec", "IndexSpec"): "results:spec_html",
    ("analysis.processes.opinion_groups", "OpinionGroups"): "results:groups_html",
    ("analysis.reporting.batch", "Run"): "results:run_html",
    ("analysis.effects.results.estimate", "EffectEstimate"): "effects:effect_html",
    ("analysis.effects.estimators.group_time", "GroupTimeEffects"): "effects:cells_html",
    ("analysis.effects.credibility.pretrends", "CheckResult"): "effects:check_html",
    ("analysis.effects.credibility.doubts", "Checks"): "effects:checks_html",
    ("analysis.effects.credibility.specification", "SpecificationCurve"): "effects:curve_html",
    ("pandas", "DataFrame"): "tables:show_table",
    ("pandas", "Series"): "tables:show_table",
}

AXES = ("matplotlib.axes._axes", "Axes")


def load(shell) -> None:
    """Register how results show themselves and how errors are told, in an IPython shell.

    Parameters
    ----------
    shell : IPython.core.interactiveshell.InteractiveShell
    """
    from analysis.display.rich.failures import tell
    from analysis.errors import AnalysisError

    formatter = shell.display_formatter.formatters["text/html"]
    for (module, name), way in FORMATTERS.items():
        formatter.for_type_by_name(module, name, _later(way))
    pictures = shell.display_formatter.formatters["image/png"]
    pictures.for_type_by_name(*AXES, _later("pictures:axes_picture"))
    shell.set_custom_exc((AnalysisError,), tell)
    if hasattr(shell, "kernel"):
        _bring_bundle()


def unload(shell) -> None:
    """Undo `load`."""
    formatters = shell.display_formatter.formatters
    for module, name in FORMATTERS:
        formatters["text/html"].pop(f"{module}.{name}", None)
    formatters["image/png"].pop(".".join(AXES), None)
    shell.set_custom_exc((), None)


def _bring_bundle() -> None:
    """Put the script that sorts tables into the notebook itself, so that no network is asked."""
    from IPython.display import HTML, display
    from itables import options
    from itables.javascript import generate_init_offline_itables_html

    from analysis.display.rich.tables import STYLE

    # itables' own init_notebook_mode asks for the bundle before it brings it, which JupyterLab calls an error
    display(HTML(generate_init_offline_itables_html(options.dt_bundle)))
    display(HTML(STYLE))


def _later(way: str):
    module, name = way.split(":")

    def show(result) -> str:
        return getattr(import_module(f"analysis.display.rich.{module}"), name)(result)

    return show
