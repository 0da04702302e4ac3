"""The figures that recommendations look at: measures in several guises, and facts from other frames."""

from __future__ import annotations

from analysis.errors import ReportError
from analysis.processes.proportions import wilson
from analysis.reporting.findings.changes import blocks, pooled
from analysis.reporting.findings.figures import NAN, Figure, measured
from analysis.reporting.findings.standing import standing


def figure_of(report, name: str) -> Figure:
    """Return a figure of the report's district by its name in a rule, such as "recent:burden_hours".

    Parameters
    ----------
    report : DistrictReport
    name : str
        A measure, or a name of `FACTS` with its arguments, divided by colons.

    Raises
    ------
    ReportError
        No such fact.
    """
    first, *arguments = name.split(":")
    if not arguments and first not in FACTS:
        return measured(report, name)
    if first not in FACTS:
        raise ReportError(
            "There is no such fact.", where="figure of a recommendation", value=name,
            expected="a measure, or one of " + ", ".join(FACTS), mend="Correct it in recommendations.toml.",
        )  # fmt: skip
    return FACTS[first](report, *arguments)


def recent(report, measure: str) -> Figure:
    """Return a measure over the last year (half of the time, where there are not two years)."""
    last = blocks(report.periods, report.city.meta["period"])[1]
    return pooled(report, measure, report.district, last) if last else measured(report, measure)


def kept(report, measure: str) -> Figure:
    """Return the last year's value over the first year's; counted, so without interval."""
    pair = blocks(report.periods, report.city.meta["period"])
    first, last = (pooled(report, measure, report.district, block) for block in pair)
    known = first.known and last.known and first.value > 0
    return Figure(measure, last.value / first.value if known else NAN, n=last.n, kind="ratio")


def against_others(report, measure: str) -> Figure:
    """Return the district's value less the mean of the others; unknown where their errors are."""
    found = standing(report, measure)
    low, high = (found.low, found.high) if found.low == found.low else (NAN, NAN)
    value = found.difference if low == low else NAN  # without an error a gap says nothing
    kind = "points" if found.figure.kind == "share" else found.figure.kind
    scale = 100 if found.figure.kind == "share" else 1
    return Figure(measure, value * scale, low * scale, high * scale, found.figure.n, kind)


def waiting(report, process: str, days: str) -> Figure:
    """Return the share of matters of a process still waiting after some days."""
    rows = report.rows("waiting")
    rows = rows[(rows["process"] == process) & (rows["days"] == float(days))]
    if not len(rows):
        return Figure(f"waiting_{process}", kind="share")
    row = rows.iloc[0]
    return _cases("waiting", row["waiting"], row["matters"], row["conf_low"], row["conf_high"])


def representation(report, group: str, level: str) -> Figure:
    """Return the share of a group among participants in consultation over its share of the residents."""
    rows = report.rows("representation")
    rows = rows[(rows["group"] == group) & (rows["level"] == level)]
    if not len(rows) or bool(rows["hidden"].iloc[0]):
        return Figure("representation", hidden=bool(len(rows)))
    row = rows.iloc[0]
    n = row["participants_known"]
    return Figure("representation", *map(float, row[["ratio", "conf_low", "conf_high"]]), float(n))


def inclusion(report, group: str, measure: str) -> Figure:
    """Return the ratio of a group to the others on a measure of networks."""
    rows = report.rows("inclusion")
    rows = rows[(rows["group"] == group) & (rows["measure"] == measure)] if len(rows) else rows
    if not len(rows):
        return Figure("inclusion")
    row = rows.iloc[0]
    n = float(min(row["n_group"], row["n_others"]))
    if n < 5:
        return Figure("inclusion", n=n, hidden=True)
    return Figure("inclusion", *map(float, row[["ratio", "conf_low", "conf_high"]]), n)


def possible(report) -> Figure:
    """Return the share of needs that a search across the district could meet beyond those met."""
    rows = report.rows("matching")
    rows = rows[rows["category"] == "all"]
    if not len(rows) or not rows["needs"].iloc[0] > 0:
        return Figure("possible", kind="share")
    row = rows.iloc[0]
    return Figure("possible", float((row["pooled"] - row["happened"]) / row["needs"]), n=float(row["needs"]),
                  kind="share")  # fmt: skip


def lonely(report) -> Figure:
    """Return how many unmet needs are of kinds that nobody in the district offers to meet."""
    rows = report.rows("needs")
    if not len(rows):
        return Figure("lonely", kind="people")
    rows = rows[rows["nobody_offers"].astype(bool) & (rows["category"] != "all") & (rows["unmet"] >= 5)]
    count = float(rows["unmet"].sum())
    return Figure("lonely", count, n=count, kind="people")


def returned(report) -> Figure:
    """Return the share of duties cut that came back within 12 months."""
    rows = report.rows("returns")
    rows = rows[(rows["list"] == "all") & (rows["match"] == "list") & (rows["cut"] >= 5)]
    if not len(rows):
        return Figure("returned", kind="share")
    return _cases("returned", rows["share_12"].iloc[0], rows["cut"].iloc[0])


def reviewed(report) -> Figure:
    """Return the share of fund projects with spending that were reviewed."""
    rows = report.rows("oversight")
    if not len(rows) or not rows["n"].iloc[0] >= 5:
        return Figure("reviewed", kind="share", hidden=bool(len(rows)))
    return _cases("reviewed", rows["reviewed"].iloc[0], rows["n"].iloc[0])


def _cases(name: str, value: float, n: float, low: float | None = None, high: float | None = None) -> Figure:
    value, n = float(value), float(n)
    if low is None:
        low, high = (float(end) for end in wilson(value * n, n))
    return Figure(name, value, float(low), float(high), n, "share")


FACTS = {
    "recent": recent, "kept": kept, "others": against_others, "waiting": waiting,
    "representation": representation, "inclusion": inclusion, "possible": possible, "lonely": lonely,
    "returned": returned, "reviewed": reviewed,
}  # fmt: skip
