"""One effect from every side: estimators, checks, sensitivity, inference with few clusters, districts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd

from analysis import effects as fx
from analysis.effects import CheckResult, EffectEstimate
from analysis.errors import EstimationError

ESTIMATORS = (
    "att_gt", "imputation", "event_study", "stacked", "lp_did", "extended_twfe", "synthetic_did", "twfe",
)  # fmt: skip
WINDOW, NARROW = (-5, 5), (-3, 2)  # event times for sensitivity and the test of trends before adoption
FEW = 20  # clusters, up to which the narrow window is taken
DRAWS = 499
TREATED = "treated"
ENDS = 1e9  # a start after any panel


@dataclass(frozen=True)
class Examination:
    """What was found about one reform and one outcome.

    Attributes
    ----------
    headline : EffectEstimate
        Of the estimator asked for.
    course : EffectEstimate or None
        By event time.
    others : dict of str to EffectEstimate
        The same by other estimators, by name; the headline too.
    checks : list of CheckResult
    robustness : EffectEstimate or None
        Relative magnitudes of the average effect over the first periods.
    inference, districts : EffectEstimate or None
    refused : dict of str to str
        Reason for each part that could not be made.
    """

    headline: EffectEstimate
    course: EffectEstimate | None
    others: dict[str, EffectEstimate]
    checks: list[CheckResult] = field(default_factory=list)
    robustness: EffectEstimate | None = None
    inference: EffectEstimate | None = None
    districts: EffectEstimate | None = None
    refused: dict[str, str] = field(default_factory=dict)


def examine(
    panel: pd.DataFrame,
    outcome: str,
    reform: str,
    *,
    estimator: str = "att_gt",
    others: tuple[str, ...] = ("imputation", "event_study"),
    thorough: bool = False,
    seed: int = 0,
) -> Examination:
    """Estimate one effect and look at it from every side.

    Parameters
    ----------
    panel : DataFrame
        As `build_panel` returns it.
    outcome, reform : str
        A column, and the reform of a column cohort_<reform>.
    estimator : str
        One of `ESTIMATORS`, for the headline.
    others : tuple of str
        Further estimators to hold beside it.
    thorough : bool
        All of `run_checks`, instead of the test of trends before adoption alone.
    seed : int

    Raises
    ------
    EstimationError
        The headline cannot be estimated. What else cannot be made is in `refused`.
    """
    cohort = f"cohort_{reform}"
    cluster = cluster_of(panel, cohort)
    own = None if cluster == "place_id" else cluster
    keys = {"unit": "place_id", "time": "time", "cohort": cohort, "cluster": own}
    start = panel[cohort].astype("Float64").fillna(ENDS)
    panel = panel.assign(**{TREATED: (panel["time"] >= start).astype(float)})
    found = {estimator: estimate(estimator, panel, outcome, keys)}
    refused: dict[str, str] = {}

    def attempt(name: str, make: Callable):
        try:
            return make()
        except EstimationError as error:
            refused[name] = error.what
            return None

    for name in others:
        if name not in found:
            found[name] = attempt(name, lambda name=name: estimate(name, panel, outcome, keys))
    path = attempt("course", lambda: fx.event_study(panel, outcome, **keys))
    course = attempt("course", lambda: fx.att_gt(panel, outcome, **keys, n_boot=0).aggregate("event_time"))
    grid = None if thorough else [1.0]
    window = WINDOW if found[estimator].n_clusters > FEW else NARROW
    robust = path and attempt(
        "robustness", lambda: fx.sensitivity(path, grid=grid, target="average", window=window, seed=seed)
    )
    if thorough:
        checks = fx.run_checks(
            panel, outcome, **keys, window=window, within=_strata(panel, cohort), seed=seed
        )
    else:
        trends = path and attempt("checks", lambda: fx.pretrend_test(path, window=window, seed=seed))
        checks = [trends] if trends else []
    inference = attempt("inference", lambda: _infer(panel, outcome, keys, seed))
    districts = attempt("districts", lambda: _by_district(panel, outcome, cohort, cluster))
    kept = {name: one for name, one in found.items() if one is not None}
    return Examination(found[estimator], course, kept, checks, robust, inference, districts, refused)


def estimate(name: str, panel: pd.DataFrame, outcome: str, keys: dict[str, str | None]) -> EffectEstimate:
    """Run one of `ESTIMATORS`; its row "overall" or "treated" is the average effect."""
    if name == "twfe":
        return fx.twfe(panel, outcome, unit=keys["unit"], time=keys["time"], treatment=TREATED,
                       cluster=keys["cluster"])  # fmt: skip
    if name == "att_gt":
        return fx.att_gt(panel, outcome, **keys, n_boot=0).aggregate("overall")
    if name == "synthetic_did":
        unclustered = {key: value for key, value in keys.items() if key != "cluster"}
        return fx.synthetic_did(panel, outcome, **unclustered, inference="jackknife")
    more = {"weighting": "treated"} if name == "lp_did" else {}
    return getattr(fx, name)(panel, outcome, **keys, **more)


def cluster_of(panel: pd.DataFrame, cohort: str) -> str:
    """Return the highest level at which the reform was assigned: district_id, street_id or place_id.

    A level counts if every community belongs to one, at least one holds several communities, and all
    communities of each start together: then communities are no independent draws (Abadie et al. 2023).
    """
    places = panel.drop_duplicates("place_id")
    starts = places[cohort].astype("Float64").fillna(-1)
    for level in ("district_id", "street_id"):
        groups = places[level]
        if groups.notna().all() and groups.duplicated().any() and starts.groupby(groups).nunique().max() == 1:
            return level
    return "place_id"


def _strata(panel: pd.DataFrame, cohort: str) -> str | None:
    """Return the district if adoption times differ within districts, so that they can be permuted there."""
    places = panel.drop_duplicates("place_id")
    if places["district_id"].isna().any():
        return None
    starts = places[cohort].astype("Float64").fillna(-1)
    return "district_id" if starts.groupby(places["district_id"]).nunique().max() > 1 else None


def _infer(panel: pd.DataFrame, outcome: str, keys: dict[str, str], seed: int) -> EffectEstimate:
    return fx.cluster_inference(
        panel, outcome, unit=keys["unit"], time=keys["time"], treatment=TREATED, cohort=keys["cohort"],
        cluster=keys["cluster"], within=_strata(panel, keys["cohort"]), n_boot=DRAWS, seed=seed,
    )  # fmt: skip


def _by_district(panel: pd.DataFrame, outcome: str, cohort: str, cluster: str) -> EffectEstimate:
    if panel["district_id"].isna().any():
        panel = panel[panel["district_id"].notna()]
    return fx.district_effects(
        panel, outcome, district="district_id", unit="place_id", time="time", cohort=cohort,
        comparison="all" if cluster == "district_id" else "within",
    )  # fmt: skip
