"""Sentences of the further estimators: stacks, local projections, synthetic comparisons, counts and doses."""

from __future__ import annotations

ESTIMATORS = {
    # what is estimated
    "estimand_stacked": (
        "The average effect of treatment on {outcome} by number of periods since adoption, over the cohorts "
        "whose window of event times {low} to {high} lies within the panel ({weighting}); overall: the plain "
        "mean of event times 0 and later."
    ),
    "estimand_lp_did": (
        "The average effect of treatment on {outcome} by number of periods since adoption, over all cohorts "
        "seen at that event time ({weighting}); overall: event times 0 and later by their number of treated "
        "units."
    ),
    "estimand_extended": (
        "The average effect of treatment on {outcome} by number of periods since adoption, from one "
        "regression with an effect of its own for every cohort in every treated period; overall: treated "
        "cells by their number of units."
    ),
    "estimand_synthetic": (
        "The average effect of treatment on {outcome} for each cohort over its treated periods, against "
        "never-treated units weighted so that their path ran parallel before; overall: cohorts by their "
        "treated unit-periods."
    ),
    "estimand_poisson_ratio": (
        "The logarithm of the factor by which treatment multiplies the expected {outcome}, given {unit} and "
        "{time} effects: the effect itself only if that factor is the same for every cohort at every time."
    ),
    "estimand_poisson_counts": (
        "The average effect of treatment on {outcome}, in counts, by number of periods since adoption, if "
        "without treatment the expected counts of all cohorts had grown by the same factors; overall: "
        "treated unit-periods alike."
    ),
    "estimand_dose": (
        "The average effect of treatment on {outcome} on the units given doses ({dose}) in each range, "
        "against no treatment, over their treated periods; slope: how these effects differ per unit of dose."
    ),
    # limits and choices
    "weighted": "Units count by {weights}: the average is over what it measures, not over units.",
    "cross_sections": (
        "Repeated cross-sections: each comparison uses all rows of its two periods, and takes each cohort to "
        "be made up alike in both."
    ),
    "stacks_trimmed": (
        "{cohorts} cohorts ({labels}) are left out: their window does not lie within the panel, or no clean "
        "comparison unit is left."
    ),
    "stacks_incomplete": (
        "{units} of the units in a stack are not seen in all periods of its window and are left out of it."
    ),
    "variance_weights": (
        "Cohorts count by their size times that of their comparison group over their sum, as in the plain "
        "regression: an average, but not over treated units."
    ),
    "dose_slope": (
        "The slope says what more dose would do only if units given different doses would have gained alike "
        "from the same dose (strong parallel trends); ranges need parallel trends only."
    ),
    "dose_one_value": "All treated units have the same dose: there is one range and no slope.",
    "synthetic_placebo": (
        "Standard errors come from {n_boot} placebo assignments of treatment to untreated units (seed "
        "{seed}); they take treated and untreated units to be equally noisy."
    ),
    "synthetic_jackknife": (
        "Standard errors come from leaving out one unit at a time with the weights kept: meant for many "
        "treated units."
    ),
    "synthetic_no_error": (
        "No standard error: {inference} inference needs more never-treated than treated units (placebo), or "
        "two treated units per cohort and no control that carries all weight (jackknife)."
    ),
    "poisson_separated": (
        "{rows} rows are set aside: their unit or period has no count above zero, so nothing can be learnt "
        "from them."
    ),
    "poisson_variance": (
        "Nothing is assumed about the spread of the counts: standard errors are robust and clustered."
    ),
}
