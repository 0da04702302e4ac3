"""Procedures declared as data: the steps a matter of a process takes, in which order, who and by when."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.errors import AnalysisError
from analysis.tables import values

ACTORS = (*values.ROLES, *values.ORGANISATION_KINDS)
DECISIONS, AGREEMENTS = ("decided", "selected"), ("decided", "selected", "signed")
REALISATIONS = ("implemented", "performed", "spent", "helped")


@dataclass(frozen=True)
class ProcedureStep:
    """A step of a procedure.

    Parameters
    ----------
    name : str
        One of the steps of the dictionary (``steps.step``).
    required : bool
        Whether a matter must take it.
    only_after : str, optional
        The step is required only of matters that took this one.
    waived_for : tuple of str
        Outcomes (``matters.outcome``) that make the step needless.
    by : tuple of str
        Who may take it: roles of people and kinds of organisations; empty: anyone.
    within_days : float, optional
        Deadline in days after the step `since`.
    since : str, optional
        The earlier step that the deadline counts from.
    """

    name: str
    required: bool = True
    only_after: str | None = None
    waived_for: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    within_days: float | None = None
    since: str | None = None


@dataclass(frozen=True)
class Procedure:
    """An ordered list of steps that matters of one process go through.

    Parameters
    ----------
    name : str
    process : {"consultation", "request", "contract", "fund", "budgeting", "aid"}
    steps : tuple of ProcedureStep
        In order. The first one opens a matter, the last one answers it.
    source : str
        Where the procedure is described.
    name_zh : str
        Its name in Chinese; ``matters.procedure`` may say either.
    usual : bool
        In a study's own procedures: it is the one of matters that name none.

    Raises
    ------
    AnalysisError
        If the process, a step, an outcome or who may take a step is not in the dictionary, a step stands
        twice or waits for one not before it, a deadline is no number of days or counts from nothing, or
        there are fewer than two steps.
    """

    name: str
    process: str
    steps: tuple[ProcedureStep, ...]
    source: str = ""
    name_zh: str = ""
    usual: bool = False

    def __post_init__(self) -> None:
        names = self.names
        if self.process not in values.PROCESSES:
            raise self._wrong("unknown process", "process", self.process, values.PROCESSES)
        for step in self.steps:
            self._check_step(step)
        if len(names) < 2 or len(set(names)) < len(names):
            raise self._wrong("list of steps that is no order", "steps", names, ("two or more steps, once",))

    def _check_step(self, step: ProcedureStep) -> None:
        for name in filter(None, (step.name, step.only_after, step.since)):
            if name not in values.STEPS:
                raise self._wrong("unknown step", "steps", name, values.STEPS)
        before = self.names[: self.names.index(step.name)]
        for argument in ("only_after", "since"):
            name = getattr(step, argument)
            if name and name not in before:
                raise self._wrong("step that waits for one not before it", argument, name, self.names)
        for outcome in step.waived_for:
            if outcome not in values.MATTER_OUTCOMES:
                raise self._wrong("unknown outcome", "waived_for", outcome, values.MATTER_OUTCOMES)
        for actor in step.by:
            if actor not in ACTORS:
                raise self._wrong("unknown role or kind of organisation", "by", actor, ACTORS)
        days = step.within_days
        if (days is None) != (step.since is None):
            both = (f"both within_days and since for {step.name!r}, or neither",)
            raise self._wrong("half a deadline", "within_days, since", f"{days}, {step.since}", both)
        if days is not None and (isinstance(days, bool) or not isinstance(days, int | float) or not days > 0):
            raise self._wrong("deadline that is no number of days", "within_days", days, ("above 0",))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the steps, in order."""
        return tuple(step.name for step in self.steps)

    @property
    def opening(self) -> str:
        """The step that opens a matter."""
        return self.steps[0].name

    @property
    def closing(self) -> str:
        """The step that answers a matter."""
        return self.steps[-1].name

    @property
    def decision(self) -> str | None:
        """The step that decides or agrees: decided, selected or signed."""
        return next((name for name in self.names if name in AGREEMENTS), None)

    @property
    def realisation(self) -> str | None:
        """The step that carries out what was decided: implemented, performed, spent or helped."""
        return next((name for name in self.names if name in REALISATIONS), None)

    @property
    def publishes(self) -> bool:
        """Whether a decision is to be published."""
        return "published" in self.names and self.decision in DECISIONS

    def _wrong(self, what: str, argument: str, value: object, expected: Sequence[str]) -> AnalysisError:
        article = "an" if what[0] in "aeiou" else "a"
        near = difflib.get_close_matches(str(value), list(expected), n=1, cutoff=0.75)
        return AnalysisError(
            f"The procedure {self.name!r} has {article} {what}.",
            where=f"Procedure({argument}=...)",
            value=value,
            expected="of " + ", ".join(expected),
            mend=f"Did you mean {near[0]!r}?" if near else "Correct the procedure.",
        )
