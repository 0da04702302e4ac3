"""System 3, burden reduction in Qinghai (青海社区减负): duties, admission, and where the freed hours went.

On record: five lists; an admission system; work outside the list bought by contract; a notice for the whole
province, after which each prefecture set its own list and date. No figures are on record: duties, hours,
dates and gains are made up, so that results are known.
"""

import pandas as pd
import pytest

from analysis import att_gt, build_panel, burden_measures
from analysis.burden import added_back, admission_reasons, compare_with_target, hours_freed, service_measures
from analysis.processes import process_measures
from analysis.tables.periods import periods_between

WINDOW = ("2020-01", "2021-12")
DATES = {"P1": "2020-07-01", "P2": "2020-10-01", "P3": "2021-01-01"}
CUT = {"statutory": (3, 3), "assisted": (2, 1), "evaluation": (2, 1), "ledger": (2, 1), "seal": (1, 0)}
HOURS = 4.0  # per duty and month
NEW = [
    ("n1", "P1-C1", "assisted", "2021-01-01", 1.0, False, True, True),  # by contract: agreement and money
    ("n2", "P1-C1", "ledger", "2021-01-01", 1.0, False, False, False),  # against the rule
    ("n3", "P1-C2", "statutory", "2021-01-01", 1.0, True, None, None),  # on the list
]


@pytest.fixture(scope="module")
def study(frame, hold, trending):
    places = [("Q", "city", None)] + [(p, "district", "Q") for p in DATES]  # the province stands at the top
    communities = [(f"{p}-C{i}", p) for p in DATES for i in (1, 2)]
    places += [(c, "community", p) for c, p in communities]
    duties = [
        (f"{c}-{name}-{i}", c, name, "2019-01-01", str(pd.Timestamp(DATES[p]) - pd.Timedelta(days=1))[:10]
         if i >= after else None, HOURS, True, None, None)
        for c, p in communities for name, (before, after) in CUT.items() for i in range(before)
    ]  # fmt: skip
    duties += [(i, c, name, start, None, h, *flags) for i, c, name, start, h, *flags in NEW]
    acts = [
        (f"{month}-15", c, "help", f"worker-{c}", f"old-{c}", 10.0 if month < DATES[p][:7] else 18.0)
        for c, p in communities for month in periods_between(*WINDOW)
    ]  # fmt: skip
    people = [(f"worker-{c}", c, "social_worker") for c, _ in communities]
    starts = {c: ({"P1": 6, "P2": 9, "P3": 12}[p], 3.0) for c, p in communities}
    return hold(
        WINDOW,
        places=frame("place_id kind parent_id", places),
        people=frame(
            "person_id community_id role", people + [(f"old-{c}", c, "resident") for c, _ in communities]
        ),
        interactions=frame("time community_id kind source_id target_id hours", acts),
        duties=frame(
            "duty_id community_id list start end hours_per_month on_list agreement funded", duties
        ).assign(department="Civil Affairs"),
        matters=frame("matter_id process community_id amount", [("K1", "contract", "P1-C1", 12_000)]),
        steps=frame(
            "matter_id step time", [("K1", "proposed", "2020-12-01"), ("K1", "signed", "2020-12-20")]
        ),
        outcomes=trending([c for c, _ in communities], periods_between(*WINDOW), starts),
        reforms=frame("place_id reform start", [(p, "burden_reduction", d) for p, d in DATES.items()]),
    )


def test_it_is_held(study, survives):
    survives(study)


def test_duties_and_hours_before_and_after(study, cell):
    found = burden_measures(study)
    for period, column in (("2020-06", 0), ("2020-07", 1)):
        at = {"place_id": "P1", "period": period}
        number = [CUT[name][column] for name in CUT]
        assert cell(found, measure="burden_duties", **at) == sum(number)
        assert cell(found, measure="burden_hours", **at) == sum(number) * HOURS
        for name, duties in zip(CUT, number, strict=True):
            assert cell(found, measure=f"burden_duties_{name}", **at) == duties
    assert cell(found, place_id="P2", period="2020-07", measure="burden_duties") == 10  # its own date


def test_new_duties_and_admission(study, cell):
    found = admission_reasons(study, "burden_reduction")
    key = {"place_id": "P1", "list": "all", "phase": "after"}
    shares = {reason: cell(found, "share", reason=reason, **key) for reason in ("on_list", "neither")}
    assert shares == pytest.approx({"on_list": 1 / 3, "neither": 1 / 3})
    assert cell(found, "share", reason="agreement_and_money", **key) == pytest.approx(1 / 3)
    admission = {"place_id": "P1", "period": "2021-01", "measure": "burden_admission"}
    assert cell(burden_measures(study), **admission) == pytest.approx(2 / 3)
    bought = process_measures(study)
    assert cell(bought, place_id="P1-C1", period="all", measure="contract_raised") == 1


def test_against_the_target_list_and_what_came_back(study, frame, cell):
    target = frame(
        "list department max_hours", [(n, None, None) for n in ("statutory", "assisted", "evaluation")]
    )
    found = compare_with_target(study, target, at="2020-12-31")
    assert cell(found, "duties", place_id="P1-C1", list="ledger", status="not_on_target") == 1
    assert cell(found, "duties", place_id="P1-C1", list="statutory", status="on_target") == 3
    back = added_back(study)
    # four duties cut in each of two communities; n1 and n2 came 185 days later, on lists that were cut
    key = {"place_id": "P1", "list": "all", "match": "list"}
    assert cell(back, "cut", **key) == 8
    assert cell(back, "returned", **key) == 2
    assert cell(back, "share_6", **key) == 0
    assert cell(back, "share_12", **key) == pytest.approx(2 / 8)


def test_staff_time_moved_to_residents(study, cell):
    found = hours_freed(study, periods=6, settle=0)
    assert cell(found, "freed", place_id="P1") == 4 * HOURS
    assert cell(found, "service_change", place_id="P1") == 8
    assert cell(found, "to_residents", place_id="P1") == 0.5
    monthly = service_measures(study)
    for period, hours in (("2020-06", 10), ("2020-07", 18)):
        assert cell(monthly, place_id="P1", period=period, measure="burden_service_hours") == hours


def test_staggered_effect(study):
    panel = build_panel(study)
    keys = {"unit": "place_id", "time": "time", "cohort": "cohort_burden_reduction"}
    effects = att_gt(panel, "satisfaction", **keys, n_boot=0)
    assert effects.aggregate("overall").table["estimate"].iloc[0] == pytest.approx(3)
    duties = att_gt(panel, "burden_duties", **keys, n_boot=0).table
    july = (2020 - 1970) * 12 + 6
    first = duties[(duties["cohort"].astype(int) == july) & (duties["time"].astype(int) == july)]
    assert first["estimate"].tolist() == pytest.approx([-4])  # against prefectures that had not begun
