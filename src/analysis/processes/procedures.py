"""The procedures that are shipped, by name, and which of them a matter follows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.tables import values
from analysis.tables.declared import by_name, check_names, plain_name, shipped, with_shipped
from analysis.tables.procedures import Procedure, ProcedureStep

PROCEDURES = shipped()
(
    SIMPLE_CONSULTATION,
    FOUR_DISCUSSIONS_TWO_PUBLICATIONS,
    FIVE_DISCUSSIONS_FIVE_PUBLICATIONS,
    WHISTLE_AND_REPORT,
    CONTRACT_LIFE_CYCLE,
    FUND_PROJECT,
    PARTICIPATORY_BUDGETING,
    ONLINE_AID_REQUEST,
) = PROCEDURES


def procedures_of(study, procedures: Sequence[Procedure] | None = None) -> tuple[Procedure, ...]:
    """Return `procedures`, or without any the study's own with those shipped; the first is the usual one.

    Raises
    ------
    AnalysisError
        If two of them have one name.
    """
    chosen = with_shipped(study.procedures) if procedures is None else tuple(procedures)
    check_names(chosen, "procedures")
    return chosen


def usual_procedure(process: str, procedures: Sequence[Procedure] = PROCEDURES) -> Procedure:
    """Return the first procedure of `process`; where there is none, one that requires nothing.

    The stand-in opens with "raised" and closes with "answered", so that days to the answer are still
    counted, while completeness stays undefined.
    """
    steps = (ProcedureStep("raised", required=False), ProcedureStep("answered", required=False))
    first = (procedure for procedure in procedures if procedure.process == process)
    return next(first, Procedure("", process, steps))


def follow(
    matters: pd.DataFrame, procedures: Sequence[Procedure]
) -> tuple[list[tuple[Procedure, np.ndarray]], dict[str, int]]:
    """Return each procedure with the positions of the matters that follow it, and the names not known.

    A matter follows the procedure of its own process that it names, or else the usual one. One that names
    a procedure nobody declared, or one of another process, is measured from the opening to the closing step
    of the usual one, of which nothing is required.
    """
    process = matters["process"].to_numpy(object)
    stated, asked = pd.factorize(matters["procedure"].fillna(""))
    known = by_name(procedures)
    groups: dict[tuple, list[np.ndarray]] = {}
    unknown: dict[str, int] = {}
    for kind in values.PROCESSES:
        rows = np.flatnonzero(process == kind)
        for code in np.unique(stated[rows]):
            mine, name = rows[stated[rows] == code], str(asked[code])
            usual = usual_procedure(kind, procedures)
            found = known.get((kind, plain_name(name)), None if plain_name(name) else usual)
            if found is None:
                unknown[name] = unknown.get(name, 0) + len(mine)
                ends = (ProcedureStep(s, required=False) for s in (usual.opening, usual.closing))
                found = Procedure("", kind, tuple(ends))
            groups.setdefault(found, []).append(mine)
    return [(procedure, np.sort(np.concatenate(rows))) for procedure, rows in groups.items()], unknown
