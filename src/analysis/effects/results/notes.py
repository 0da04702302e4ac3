"""Plain-language limits of an estimate, each with a code and its figures so that it can be translated."""

from __future__ import annotations

from analysis.effects.results.estimator_words import ESTIMATORS
from analysis.effects.results.wording import DESIGNS

TEMPLATES = {
    **DESIGNS,
    **ESTIMATORS,
    # what an estimator estimates
    "estimand_twfe": (
        "The coefficient of {treatment} on {outcome} with {unit} and {time} effects: the "
        "effect itself only if it is the same for every cohort at every time since adoption."
    ),
    "estimand_att_gt": (
        "The average effect of treatment on {outcome} in one period for the units first "
        "treated in one cohort, against what their trend would have been."
    ),
    "estimand_overall": (
        "The average effect of treatment on {outcome} over all treated units and all their "
        "treated periods, cohorts weighted by their number of units."
    ),
    "estimand_event_time": (
        "The average effect of treatment on {outcome} by number of periods since adoption, "
        "cohorts weighted by their number of units; overall: the plain mean of event times 0 "
        "and later."
    ),
    "estimand_cohort": (
        "The average effect of treatment on {outcome} for each cohort over its treated "
        "periods; overall: cohorts weighted by their number of units."
    ),
    "estimand_calendar_time": (
        "The average effect of treatment on {outcome} in each period over the units treated "
        "by then; overall: the plain mean of the periods."
    ),
    "estimand_event_study": (
        "The average effect of treatment on {outcome} by number of periods since adoption, "
        "cohorts weighted by their share; overall: treated cells weighted by their number of "
        "units."
    ),
    "estimand_imputation": (
        "The average over treated unit-periods of {outcome} minus the untreated outcome "
        "imputed from {unit} and {time} effects fitted on untreated unit-periods."
    ),
    "estimand_relative": (
        "The effect of treatment on {outcome} at event time {target}, if from the reference on the "
        "difference in trends changes from one period to the next by at most Mbar times its largest "
        "change before."
    ),
    "estimand_smoothness": (
        "The effect of treatment on {outcome} at event time {target}, if the slope of the difference in "
        "trends changes by at most M from one period to the next."
    ),
    "estimand_bacon": (
        "The two-way fixed-effects coefficient on {outcome} as a weighted average of comparisons between two "
        "cohorts, in periods in which one of them does not change its treatment."
    ),
    "estimand_compared": "The effect of treatment on {outcome}, as each estimator defines it.",
    "estimand_districts": (
        "The average effect of treatment on {outcome} in each {district} over its treated units and periods, "
        "drawn towards the mean of all by as much as its own noise calls for; overall: the mean of "
        "the effects."
    ),
    # which rows and units were used
    "set_aside": "{count} rows set aside: {reason}.",
    "always_treated": (
        "{units} units treated from the first period on have no untreated period to compare "
        "with and are left out ({rows} rows)."
    ),
    "always_treated_kept": (
        "{units} units are treated in every period they are seen: they act as comparisons although treated."
    ),
    "later_cohorts": ("{units} units start after the last period of the panel: untreated throughout it."),
    "off_grid_cohorts": (
        "{units} units start between two periods of the panel: counted from the next period on."
    ),
    "step": ("Periods are {step} apart: event time counts periods of the panel, not single time units."),
    "gaps": (
        "{count} periods between the first and the last are absent: the comparison period is "
        "the last one seen before adoption."
    ),
    "unbalanced": (
        "{units} of {total} units are not seen in every period: each comparison uses the "
        "units seen in both of its periods."
    ),
    "unbalanced_regression": "{units} of {total} units are not seen in every period.",
    "last_cohort_controls": (
        "No unit stays untreated: the last cohort ({cohort}) is the comparison and periods "
        "from its start on are left out."
    ),
    # how the figures were made
    "normal": (
        "Standard errors are analytic, clustered by {cluster}; intervals use the normal distribution."
    ),
    "student": (
        "Standard errors are analytic, clustered by {cluster}; intervals use Student's t with "
        "{df} degrees of freedom."
    ),
    "bands": (
        "band_low and band_high hold for all rows at once ({level:.0%}, multiplier bootstrap, "
        "{n_boot} draws, seed {seed}, critical value {critical:.3f}); std_error and the "
        "pointwise interval are analytic."
    ),
    "varying_base": "Pre-period rows compare each period with the one before it.",
    "reference": ("Effects are measured against the period before adoption, whose row is the reference."),
    "fixed_weights": "Cohort shares are taken as known, as in fixest's sunab.",
    "covariates_at_base": "Covariates are taken at the comparison period ({method}).",
    "window": "Only event times {low} to {high} are shown; all others were estimated too.",
    "library": "{library} remarked: {text}",
    "event_rows_left_out": (
        "Used are event times {low} to {high}: beyond them there is a gap or a row without standard error."
    ),
    "normal_covariance": (
        "Intervals take the covariance matrix as known and estimates as normal: with few clusters they are "
        "too short."
    ),
    "breakdown_relative": (
        "The interval leaves zero out as long as violations of parallel trends after adoption are less than "
        "{value:.2f} times the largest one before it."
    ),
    "breakdown_relative_zero": (
        "The interval holds zero even if trends are parallel after adoption: no violation is needed to "
        "explain the estimate away."
    ),
    "breakdown_relative_never": (
        "The interval leaves zero out even if violations of parallel trends after adoption are a thousand "
        "times the largest one before it."
    ),
    "breakdown_smoothness": (
        "The interval leaves zero out as long as the slope of the difference in trends changes by less than "
        "{value:.4g} per period."
    ),
    "breakdown_smoothness_zero": (
        "The interval holds zero even if the difference in trends is a straight line."
    ),
    "breakdown_smoothness_never": (
        "The interval leaves zero out even if the slope of the difference in trends changes by a thousand "
        "standard errors per period."
    ),
    "pretrend_test": (
        "Test that all {rows} pre-period effects are zero: p-value {p_value:.3f}. A difference in trends of "
        "{slope:.4g} per period would have been found with probability {power:.0%}; it means an error of "
        "{violation:.4g} in the effect."
    ),
    "permutations": "{count} permutations of adoption times (seed {seed}) within: {within}.",
    "permuted_units": "{movable} of {total} units could receive another adoption time.",
    "wild": "Wild cluster bootstrap: {n_boot} draws, seed {seed}.",
    "cluster_facts": (
        "{clusters} clusters, treatment changes in {treated}; by their share in what identifies the "
        "coefficient they are worth {effective:.1f} equal ones."
    ),
    "trust_usual": "Clusters are many and even enough for the usual clustered standard errors (CRV1).",
    "trust_wild": (
        "Clusters are too few or too uneven for the usual standard errors; the wild cluster bootstrap is "
        "trustworthy here because at least five clusters are treated and not nearly all; CRV3 is a cautious "
        "second opinion."
    ),
    "trust_randomisation": (
        "So few clusters are treated (or untreated) that standard errors and the wild bootstrap both fail: "
        "trust the randomisation test, if adoption times were as good as random."
    ),
    "trust_none": (
        "So few clusters are treated (or untreated) that none of these can be trusted: use "
        "randomisation_test (name the cohort column), if adoption times were as good as random."
    ),
    "tau": (
        "True effects differ between the {districts} districts by a standard deviation of {tau:.4g} (95% "
        "interval {low:.4g} to {high:.4g})."
    ),
    "shrunk": (
        "estimate and its interval are the shrunk ones; raw ones of single districts scatter more than the "
        "true effects do, so the largest and smallest are exaggerated."
    ),
    "detectable": (
        "detectable is the smallest true effect that a district's raw estimate would tell from zero with "
        "probability {power:.0%}: a smaller estimate does not show that there is no effect."
    ),
    "pooled_noise": (
        "Standard errors of districts take the noise of units to be alike in all of them: single districts "
        "have too few units to measure their own."
    ),
    "shared_comparison": (
        "Districts share comparison units of all districts, so their estimates err together; the pooling "
        "counts this."
    ),
    "compared": (
        "Compared: {names}. They do not all estimate the same average, so they may differ without any of "
        "them being wrong."
    ),
    "randomisation": (
        "If adoption times were dealt out at random and did nothing, so large an effect would be seen with "
        "probability {p_value:.3f}."
    ),
    "check_not_made": "This check could not be made: {reason}",
    # what to doubt
    "forbidden_share": (
        "{share:.1%} of the coefficient comes from comparing later with earlier adopters, who are already "
        "treated: that part is biased if effects change over time."
    ),
    "few_districts": (
        "Only {districts} districts: how much effects differ between them is hardly known, and shrunk "
        "intervals are rough."
    ),
    "staggered_twfe": (
        "Units adopt at {cohorts} different times: two-way fixed effects also compare late "
        "with early adopters, and can even have the wrong sign when effects change over time. "
        "Prefer att_gt or event_study."
    ),
    "switch_off": (
        "Treatment ends again in {units} units: the coefficient assumes that the effect ends with it."
    ),
    "not_binary": (
        "Treatment takes values other than 0 and 1: the coefficient is per unit of treatment "
        "and assumes a straight line."
    ),
    "few_clusters": ("Only {clusters} clusters: standard errors are usually too small below about 40."),
    "few_treated_clusters": (
        "Only {clusters} clusters hold treated units: standard errors are not trustworthy."
    ),
    "one_cluster": "All units belong to one cluster: no standard error can be had.",
    "one_treated_unit": (
        "Only one unit is treated: there is a figure, but no standard error can be trusted."
    ),
    "one_unit_cohorts": (
        "{cohorts} cohorts have one unit: what that unit alone adds to the uncertainty is not "
        "measured, so standard errors that include them are too small."
    ),
    "small_cohorts": (
        "{cohorts} cohorts have fewer than {units} units: standard errors of their rows are "
        "too small by a few percent, for want of a small-sample correction."
    ),
    "not_imputed": (
        "Left out of the averages: {count} of {total} treated unit-periods whose untreated "
        "outcome cannot be imputed."
    ),
    "conservative": (
        "Standard errors treat differences of effects within a cohort and period as noise, "
        "so they are not too small if effects differ."
    ),
    "exact_fit": "The regression fits every row exactly, so no standard error can be had.",
    "not_identified": "{count} of {total} rows are not identified: {reasons}.",
    "partial": (
        "Left out of the averages: {count} of {total} treated cohort-periods that are not identified."
    ),
    "collinear": "{names} cannot be told apart from the unit and time effects.",
}


class Note(str):
    """One plain-language sentence in English that remembers its `code` and `values` for translation.

    Parameters
    ----------
    code : str
        A key of `TEMPLATES`.
    **values
        The figures and names the template asks for.
    """

    __slots__ = ("code", "values")

    def __new__(cls, code: str, **values: object) -> Note:
        note = super().__new__(cls, TEMPLATES[code].format(**values))
        note.code, note.values = code, values
        return note

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, object]]:
        return (self.code,), self.values

    def __repr__(self) -> str:
        return f"Note({self.code!r}: {str(self)!r})"
