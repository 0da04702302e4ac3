"""Sentences of the further designs and checks: placebos, two reforms, spillovers, mediation, one place."""

from __future__ import annotations

DESIGNS = {
    # what is estimated
    "estimand_placebo_dates": (
        "The effect on {outcome} of an adoption that did not happen: every start is moved to earlier "
        "periods and rows from the true start on are left out. It is zero if trends were parallel and "
        "nobody acted ahead."
    ),
    "estimand_placebo_outcomes": (
        "The average effect of treatment on outcomes that it cannot change: zero if the comparison is fair."
    ),
    "estimand_leave_out": (
        "The overall effect on {outcome}, once with all units and once without each {by} in turn."
    ),
    "estimand_two_reforms": (
        "Average effects on {outcome} against neither reform: where only {a} holds, where only {b} "
        "holds, where both hold; interaction: what both do beyond the sum of what each does alone after "
        "as many periods."
    ),
    "estimand_spillover": (
        "Effects on {outcome} against no treatment anywhere: direct, over treated unit-periods; "
        "exposed, over untreated unit-periods with treated neighbours or partners."
    ),
    "estimand_mediation": (
        "The average effect of treatment on {outcome} (total), split into what runs through {mediator} "
        "(indirect) and the rest (direct), over treated unit-periods."
    ),
    "estimand_detectable": (
        "The smallest constant effect on {outcome} that this design tells from zero at the 5 % level "
        "with the chance given."
    ),
    "estimand_interrupted": (
        "What {value} of one place changed by at {start} and from then on, against the straight line it "
        "was on before."
    ),
    "estimand_cox": (
        "The logarithm of the hazard ratio: how the chance of being answered next, among those still "
        "waiting, changes with a covariate."
    ),
    "estimand_weibull": (
        "The logarithm of the time ratio: by which factor waiting times change with a covariate."
    ),
    "estimand_matched": (
        "The average effect on {outcome} in the treated units that could be matched, over the {after} "
        "periods from adoption on: their change since the {before} periods before, less that of "
        "untreated units that looked like them before."
    ),
    # placebos, leave-one-out
    "placebo_found": (
        "Of {count} placebos one or more show an effect where there can be none (smallest p-value after "
        "Holm's correction {p_value:.3f}): the comparison is doubtful."
    ),
    "placebo_not_found": (
        "None of {count} placebos shows an effect (smallest p-value after Holm's correction "
        "{p_value:.3f}), which does not prove that there is no bias."
    ),
    "leave_out_range": (
        "Without one {by} the effect lies between {low:.4g} and {high:.4g}; most depends on {most} (a "
        "change of {change:.4g})."
    ),
    "leave_out_sign": "The sign of the effect hangs on a single {by}: {names}.",
    # specification curve
    "curve": (
        "{count} specifications, {identified} identified; estimates from {low:.4g} to {high:.4g}, "
        "median {median:.4g}."
    ),
    "curve_units": "Estimates are of different outcomes, so their sizes do not compare: look at z.",
    "curve_joint": (
        "If treatment changed no outcome, a median as far from zero as this would come up with "
        "probability {median:.3f}, and so large an average z with probability {mean:.3f} ({draws} "
        "permutations of adoption times within {within}, seed {seed})."
    ),
    "curve_slow": (
        "{count} specifications have covariates or gaps and are not permuted: the joint test is about "
        "the other {tested}."
    ),
    "jackknife": ("Standard errors come from leaving out one cluster at a time; intervals use Student's t."),
    # two reforms
    "two_reforms_inseparable": (
        "The two reforms cannot be told apart: no unit-period that can be compared has {lacking}."
    ),
    "two_reforms_same": "Every unit reached by both starts {a} and {b} in the same period.",
    "two_reforms_alike": (
        "The interaction takes what one reform does alone, after as many periods, to be the same in "
        "units that get one reform and in those that get both; {used} of {total} unit-periods with both "
        "have such partners."
    ),
    # spillovers
    "spillover_clean": (
        "Untreated outcomes are fitted on {clean} unit-periods that are neither treated nor exposed "
        "(exposure above {threshold:g}) so far; {dropped} untreated but exposed ones serve as no one's "
        "comparison."
    ),
    "spillover_linear": (
        "Untreated outcomes are fitted on all {clean} untreated unit-periods, exposure entering as a "
        "straight line through zero: right only if spillovers are proportional to exposure and end with "
        "a unit's own treatment."
    ),
    "spillover_cross": (
        "{share:.1%} of the ties behind the exposure cross from one community to another: the fewer "
        "they are, the less this exposure can carry."
    ),
    "spillover_weights": "Exposure weights were measured up to {period}, before the first adoption.",
    "spillover_weights_unknown": (
        "When exposure weights were measured was not said: if after adoption, they are themselves an "
        "outcome and the split between direct and exposed effects is biased."
    ),
    "spillover_none_exposed": "No untreated unit-period is exposed: spillovers cannot be seen in this panel.",
    # mediation
    "mediation_assumption": (
        "WARNING: unlike the total effect, the split into direct and indirect is not protected by the "
        "design. It holds only if nothing that changes over time moves both {mediator} and {outcome} "
        "besides treatment and the effects of unit and period (no confounded mediator), if {outcome} "
        "does not act back on {mediator}, and if {mediator} works alike with and without treatment."
    ),
    "mediation_noise": (
        "Measurement error in {mediator} makes the indirect effect too small and the direct one too "
        "large; give a second, independent measure of it (second_measure) to correct this."
    ),
    "mediation_instrument": (
        "The slope uses {second} as a second measure of {mediator}, whose errors must be independent of "
        "those of the first and of {outcome} (first-stage F {f:.1f}{weak})."
    ),
    "mediation_breakdown": (
        "The indirect effect would be zero if the unexplained parts of {mediator} and {outcome} were "
        "correlated by {rho:.3f} for another reason than {mediator} itself (an unmeasured cause that "
        "explains {r2:.1%} of both); its 95 % interval holds zero from a correlation of {rho_low:.3f} "
        "on."
    ),
    "mediation_no_breakdown": (
        "The interval of the indirect effect holds zero already without any confounding: no indirect "
        "effect has been shown."
    ),
    "mediation_boot": (
        "Intervals: percentiles of {used} bootstrap draws of whole {cluster} (seed {seed}; {lost} draws "
        "could not be estimated)."
    ),
    "mediation_rho": (
        "Each row takes the correlation rho between unexplained parts of {mediator} and {outcome} as "
        "given (Imai, Keele and Yamamoto 2010); 0 is the estimate itself."
    ),
    # power
    "power_draws": (
        "{draws} draws (seed {seed}) of whole outcome paths without average effects, {how}; the test "
        "compares with the {level:.0%} of such draws nearest zero."
    ),
    # one place
    "interrupted_ar": (
        "Errors are autoregressive of order {order} (restricted likelihood; first autocorrelation "
        "{rho:.2f}); intervals use Student's t with {df:.1f} effective degrees of freedom."
    ),
    "interrupted_left": (
        "Errors still look correlated over time (Ljung-Box p-value {p_value:.3f}): try a higher order, "
        "or a season."
    ),
    "interrupted_placebo": (
        "Among {count} other possible starts, the share with a level change at least as many standard "
        "errors from zero is {p_value:.3f} (the true start counts too)."
    ),
    "interrupted_one": (
        "One place without a comparison: anything else that happened at {start} is part of these figures."
    ),
    "interrupted_edge": "Nearly all correlation is at the edge of a random walk: intervals are too short.",
    # durations
    "durations_events": "{events} of {rows} durations ended with the event; the others are still open.",
    "durations_ph": (
        "The hazard ratio of {names} changes with waiting time (smallest p-value {p_value:.3f}): one "
        "ratio is an average over it."
    ),
    "durations_ties": "Ties after Efron; standard errors clustered by {cluster} ({clusters} clusters).",
    "durations_shape": (
        "Weibull shape {shape:.3f}: the chance of an answer {direction} with waiting time; standard "
        "errors clustered by {cluster} ({clusters} clusters)."
    ),
    "durations_few": (
        "Only {clusters} clusters: clustered standard errors of this model are too small below about 40."
    ),
    # matching
    "matched_balance": (
        "Largest difference between treated units and their matches, in standard deviations: "
        "{after:.2f} ({before:.2f} before matching)."
    ),
    "matched_poor": (
        "Matches differ by more than a quarter of a standard deviation in {names}: the comparison leans "
        "on the bias adjustment."
    ),
    "matched_regression": (
        "Matching on earlier outcomes can bring in regression to the mean where treated and untreated "
        "units differ in their long-run level: compare with att_gt."
    ),
    "matched_unmatched": "{units} treated units have no match and are left out.",
    "matched_errors": (
        "Standard errors after Abadie and Imbens (2006): they hold matches fixed and count how often a "
        "comparison unit is used ({matches} matches each, with replacement; {controls} different "
        "units)."
    ),
}
