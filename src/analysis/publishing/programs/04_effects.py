"""What each reform changed: estimates, their course over time, other estimators, checks."""

import pandas as pd

from analysis.display.effect_words import note_text
from analysis.display.reasons import reason_text
from analysis.errors import EstimationError
from analysis.publishing import open_package
from analysis.publishing.drawings import draw_effects
from analysis.reporting.examination import examine

package = open_package(__file__)
text, settings = package.text, package.settings

for reform in settings["reforms"] if settings["estimated"] else []:
    found, refused = {}, {}
    for outcome in settings["estimated"]:
        try:
            found[outcome] = examine(package.panel, outcome, reform, seed=settings["seed"])
        except EstimationError as error:
            refused[outcome] = reason_text(error.what, text)
    names = package.labels([*found, *refused])
    reasons = "; ".join(f"{names[outcome]}: {why}" for outcome, why in refused.items())
    if not found:
        for kind in ("effects", "event_time", "others", "checks"):
            package.leave_out(f"{kind}.{reform}", reasons)
        continue

    package.save_table(f"effects.{reform}", [one.headline for one in found.values()], note=reasons)

    courses = {o: one.course.tidy() for o, one in found.items() if one.course is not None}
    courses = {o: table for o, table in courses.items() if table["identified"].any()}
    if courses:
        package.save_figure(
            f"event_time.{reform}", draw_effects(courses, settings["period"], text.language), size="double"
        )
    else:
        package.leave_out(f"event_time.{reform}", text("publication.no_course"))

    rows = pd.concat(
        one.tidy().head(1).assign(outcome=names[outcome], by=text.named("effect_estimator", one.estimator))
        for outcome, each in found.items()
        for one in each.others.values()
    )
    columns = ["outcome", "by", "estimate", "std_error", "conf_low", "conf_high", "n_units"]
    package.save_table(
        f"others.{reform}", rows[columns], labels=text.names("publication_others"), index=False
    )

    done = [(outcome, check) for outcome, one in found.items() for check in one.checks]
    checks = pd.DataFrame(
        [(names[o], text.named("effect_check", c.name), note_text(c.text, text)) for o, c in done],
        columns=["outcome", "check", "text"],
    )
    package.save_table(f"checks.{reform}", checks, labels=text.names("publication_checks"))
