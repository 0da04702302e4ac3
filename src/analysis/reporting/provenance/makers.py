"""Which function of the analysis makes which frame of the city stage, and from which tables of a study."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Maker:
    """The function that computes a frame, and the tables of the study that it reads."""

    function: str
    tables: tuple[str, ...]


_STEPS = ("matters", "steps", "places", "people")
MAKERS = {
    "places": Maker("analysis.tables.open_study", ("places",)),
    "accounting": Maker("analysis.tables.open_study", ()),
    "indicators": Maker("analysis.networks.indicators", ("interactions", "people", "places")),
    "inclusion": Maker("analysis.networks.inclusion", ("interactions", "people", "places")),
    "mobilisation": Maker(
        "analysis.networks.mobilisation", ("interactions", "people", "places")
    ),
    "processes": Maker("analysis.processes.process_measures", (*_STEPS, "listings")),
    "burden": Maker("analysis.burden.burden_measures", ("duties", "places")),
    "further": Maker("analysis.panel.further_measures", (*_STEPS, "options", "votes", "listings", "ledger")),
    "outcomes": Maker("analysis.outcomes.outcome_measures", ("outcomes", "places")),
    "activity": Maker("analysis.reporting.city.run_city", ("interactions", "places")),
    "panel": Maker("analysis.panel.build_panel", ()),
    "adoption": Maker("analysis.panel.build_panel", ("reforms", "places")),
    "effects": Maker("analysis.reporting.estimates.estimate_effects", ("reforms", "outcomes", "places")),
    "nodes": Maker("analysis.reporting.pictures.draw_districts", ("interactions", "people", "places")),
    "edges": Maker("analysis.reporting.pictures.draw_districts", ("interactions", "people", "places")),
    "pictures": Maker("analysis.reporting.pictures.draw_districts", ("interactions", "people", "places")),
    "hidden": Maker("analysis.reporting.disclosure.hidden_cells", ()),
    "funnel": Maker("analysis.processes.procedures.follow", ("matters", "steps")),
    "waiting": Maker("analysis.processes.curves.waiting_curve", ("matters", "steps")),
    "bottlenecks": Maker("analysis.processes.bottlenecks.bottlenecks_of_districts", ("matters", "steps")),
    "representation": Maker("analysis.processes.representation", _STEPS),
    "conversations": Maker("analysis.processes.opinions.conversations", ("votes", "options", "matters")),
    "opinion_sizes": Maker("analysis.processes.opinion_groups.opinion_groups", ("votes", "options")),
    "statements": Maker("analysis.processes.opinion_statements.consensus", ("votes", "options")),
    "budgets": Maker(
        "analysis.processes.budgeting.budget_measures", ("votes", "options", "matters", "people")
    ),
    "budget_money": Maker("analysis.processes.budgeting.budget_money", ("options", "matters")),
    "departments": Maker("analysis.burden.burden_by_department", ("duties", "places")),
    "admissions": Maker("analysis.burden.admission_reasons", ("duties", "reforms")),
    "returns": Maker("analysis.burden.added_back", ("duties", "reforms")),
    "freed": Maker("analysis.burden.hours_freed", ("duties", "interactions", "people", "reforms")),
    "needs": Maker("analysis.processes.unmet", ("listings", "places")),
    "matching": Maker("analysis.processes.best_matching", ("listings", "places")),
    "funds": Maker("analysis.processes.fund_ledger", ("ledger", "matters")),
    "oversight": Maker(
        "analysis.networks.fund_oversight", ("steps", "matters", "organisations")
    ),
    "index": Maker("analysis.index.rank_uncertainty", ()),
}  # fmt: skip
_FURTHER = ("opinion_", "budgeting_turnout", "budgeting_funded", "budgeting_follow", "matching_", "ledger_",
            "voter_", "ballot", "burden_service")  # fmt: skip
_PROCESSES = ("consultation_", "request_", "contract_", "fund_", "budgeting_", "aid_")


def frame_of(measure: str) -> str:
    """Return the frame of the city stage that holds a measure."""
    for frame, starts in (
        ("indicators", ("network_",)), ("further", _FURTHER), ("burden", ("burden_",)),
        ("processes", _PROCESSES),
    ):  # fmt: skip
        if measure.startswith(starts):
            return frame
    return "outcomes"


def formula(measure: str) -> tuple[str, str]:
    """Return formula and source of a measure, empty where no registry has it."""
    if measure.startswith("network_"):
        from analysis.networks import describe_indicators

        table = describe_indicators().set_index("name")
        name = measure.removeprefix("network_")
        return tuple(table.loc[name, ["formula", "source"]]) if name in table.index else ("", "")
    found = _registered().get(measure)
    return (found.formula, found.source) if found else ("", "")


def _registered() -> dict:
    from analysis.tables.measures import Measure

    return {
        one.name: one
        for module in _registries()
        for registry in vars(module).values() if isinstance(registry, dict)
        for one in registry.values() if isinstance(one, Measure)
    }  # fmt: skip


def _registries() -> list:
    from importlib import import_module

    processes = [f"processes.{name}" for name in ("measures", "funds", "matching", "opinions", "budgeting")]
    return [import_module(f"analysis.{name}") for name in (*processes, "burden.measures", "burden.service")]
