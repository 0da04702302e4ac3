"""Procedures declared as data: which steps a matter of a process must take, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.errors import AnalysisError
from analysis.tables import values


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
    """

    name: str
    required: bool = True
    only_after: str | None = None
    waived_for: tuple[str, ...] = ()


@dataclass(frozen=True)
class Procedure:
    """An ordered list of steps that matters of one process go through.

    Parameters
    ----------
    name : str
    process : {"consultation", "request", "contract", "fund"}
    steps : tuple of ProcedureStep
        In order. The first one opens a matter, the last one answers it.
    source : str
        Where the procedure is described.

    Raises
    ------
    AnalysisError
        If the process or a step is not in the dictionary, a step stands twice, or there are fewer than two.
    """

    name: str
    process: str
    steps: tuple[ProcedureStep, ...]
    source: str = ""

    def __post_init__(self) -> None:
        names = self.names
        if self.process not in values.PROCESSES:
            raise self._wrong("unknown process", "process", self.process, values.PROCESSES)
        for step in self.steps:
            for name in filter(None, (step.name, step.only_after)):
                if name not in values.STEPS:
                    raise self._wrong("unknown step", "steps", name, values.STEPS)
            if step.only_after and step.only_after not in names[: names.index(step.name)]:
                raise self._wrong(
                    "step that waits for one not before it", "only_after", step.only_after, names
                )
            for outcome in step.waived_for:
                if outcome not in values.MATTER_OUTCOMES:
                    raise self._wrong("unknown outcome", "waived_for", outcome, values.MATTER_OUTCOMES)
        if len(names) < 2 or len(set(names)) < len(names):
            raise self._wrong("list of steps that is no order", "steps", names, ("two or more steps, once",))

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

    def _wrong(self, what: str, argument: str, value: object, expected: Sequence[str]) -> AnalysisError:
        return AnalysisError(
            f"The procedure {self.name!r} has an {what}."
            if what[0] in "aeiou"
            else f"The procedure {self.name!r} has a {what}.",
            where=f"Procedure({argument}=...)",
            value=value,
            expected="of " + ", ".join(expected),
            mend="Correct the procedure.",
        )


FOUR_DISCUSSIONS_TWO_PUBLICATIONS = Procedure(
    "four discussions and two publications",
    "consultation",
    (
        ProcedureStep("raised"),
        ProcedureStep("discussed"),
        ProcedureStep("decided"),
        ProcedureStep("published"),
        ProcedureStep("implemented", waived_for=("rejected",)),
        ProcedureStep("answered"),
    ),
    source="四议两公开",
)
WHISTLE_AND_REPORT = Procedure(
    "whistle and report",
    "request",
    (
        ProcedureStep("raised"),
        ProcedureStep("escalated", required=False),
        ProcedureStep("arrived", only_after="escalated"),
        ProcedureStep("answered"),
    ),
    source="街道吹哨、部门报到",
)
CONTRACT_LIFE_CYCLE = Procedure(
    "contract life cycle",
    "contract",
    (
        ProcedureStep("proposed"),
        ProcedureStep("signed"),
        ProcedureStep("performed", waived_for=("rejected",)),
        ProcedureStep("reviewed", waived_for=("rejected",)),
    ),
    source="商约-签约-履约-评约",
)
FUND_PROJECT = Procedure(
    "fund project",
    "fund",
    (
        ProcedureStep("proposed"),
        ProcedureStep("decided"),
        ProcedureStep("budgeted", waived_for=("rejected",)),
        ProcedureStep("published"),
        ProcedureStep("spent", waived_for=("rejected",)),
        ProcedureStep("reviewed", waived_for=("rejected",)),
    ),
    source="社区专项基金",
)
PROCEDURES = (FOUR_DISCUSSIONS_TWO_PUBLICATIONS, WHISTLE_AND_REPORT, CONTRACT_LIFE_CYCLE, FUND_PROJECT)


def procedure_of(process: str, procedures: Sequence[Procedure] = PROCEDURES) -> Procedure:
    """Return the procedure of `process`; where none is declared, one that requires nothing.

    The stand-in opens with "raised" and closes with "answered", so that days to the answer are still
    counted, while completeness stays undefined.

    Raises
    ------
    AnalysisError
        If two procedures are given for the process.
    """
    found = [procedure for procedure in procedures if procedure.process == process]
    if len(found) > 1:
        raise AnalysisError(
            f"There are {len(found)} procedures for the process {process!r}.",
            where="procedures",
            value=[procedure.name for procedure in found],
            expected="at most one per process",
            mend="Pass one of them, and measure the other in a second call.",
        )
    steps = (ProcedureStep("raised", required=False), ProcedureStep("answered", required=False))
    return found[0] if found else Procedure("", process, steps)
