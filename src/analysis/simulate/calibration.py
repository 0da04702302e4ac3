"""What the synthetic city is calibrated with: every figure, and the fact it comes from.

Sources are named by place: Chancheng's shared communities (Foshan, end of 2019), Chongchuan's neighbourhoods
(Nantong), Jiangbei's three links (Chongqing), Nanxiang's community fund (Shanghai), Qinghai's burden
reduction. What has no source is marked "assumed".
"""

from __future__ import annotations

from dataclasses import dataclass

# --- places -----------------------------------------------------------------------------------------------
SHARE_NONREGISTERED = 0.412  # Chancheng: 41.2 % of 1.2087 million people
SHARE_ELDERLY = 0.225  # Chancheng: over 20 % over 60
ELDERLY_NONREGISTERED_RATIO = (
    0.4  # assumed: migrants are young; elderly share relative to registered residents
)
NONREGISTERED_LOGIT_SPREAD = {"district": 0.35, "community": 0.55, "unit": 0.30}  # assumed
ELDERLY_LOGIT_SPREAD = {"district": 0.10, "community": 0.25, "unit": 0.15}  # assumed
UNIT_HOUSEHOLDS = (150, 300)  # Chongchuan: units of about 150-300 households
UNITS_PER_COMMUNITY = (4, 8)  # assumed
HOUSEHOLD_SIZE = (2.62, 0.15)  # assumed: mean and spread between units (seventh census: 2.62)
STREET_COMMUNITIES = 4  # assumed: 3-5 communities a street
DENSITY = (600_000 / 21.5, 0.5)  # Chancheng: 600,000 residents on 21.5 km2; log spread assumed
CENTRE = (125.0, 30.0)  # open sea: nobody lives there

# --- people -----------------------------------------------------------------------------------------------
USERS = (240.0, 0.30, 150, 400)  # assumed: registered users a community: median, log spread, least, most
REACH_NONREGISTERED = 0.60  # Chancheng's weak point: odds of a non-registered resident on the platform
REACH_ELDERLY = 0.50  # Chancheng's weak point: old people and smart tools
AGES_UNDER_60 = (0.05, 0.55, 0.40)  # assumed: 0-17, 18-44, 45-59 among users under 60
AGES_OVER_60 = (0.85, 0.15)  # assumed: 60-74, 75+ among users over 60
MEN = 0.47  # assumed: share of users
CADRES = (3, 5)  # assumed
SOCIAL_WORKERS = 382 / 104  # Jiangbei: 382 social workers in 104 communities
VOLUNTEERS = 5_612 / 104 / 250  # Jiangbei: 5,612 volunteers in 104 communities, per registered user
PARTY_MEMBERS = {"registered": 0.10, "non_registered": 0.04}  # assumed; 7 % of the nation
ACTIVITY_SHAPE, ACTIVITY_LOG_SPREAD = 1.2, 1.0  # assumed: gamma x lognormal, a heavy tail
ACTIVITY_BY_ROLE = {
    "resident": 1.0, "volunteer": 2.2, "party_member": 1.8, "social_worker": 3.0, "cadre": 3.0,
}  # fmt: skip

# --- organisations ----------------------------------------------------------------------------------------
OWNERS_COMMITTEE_SHARE = 0.8  # assumed
SOCIAL_ORGANISATIONS = 1.2  # assumed mean; between Jiangbei (35 in 104) and Chongchuan (2,200 in 108)
DEPARTMENTS = (
    "Civil Affairs", "Urban Management", "Housing", "Public Security", "Health", "Water Affairs",
    "Environment", "Market Supervision",
)  # fmt: skip

# --- ties and acts (assumed throughout) -------------------------------------------------------------------
NOMINATIONS = 1.3  # ties a person starts
TIE_REACH = {
    "alike_in_unit": 0.42,
    "unit": 0.16,
    "alike_in_community": 0.25,
    "community": 0.14,
    "district": 0.03,
}
CLOSURE = (0.7, 0.6)  # two rounds of closing triangles, each a share of the ties so far
MUTUAL_TIES = 0.40
TOGETHER = 0.2  # share of acts that draw in a common acquaintance, if there is one
RETURNED = 0.35  # share of acts along a mutual tie that are returned within days
DYADIC_RATE = 0.115  # first help, goods and skill acts per member and month at average social capital
DYADIC_KINDS = {"help": 0.55, "goods": 0.28, "skill": 0.17}
GATHERING_RATE = 0.0095  # activities, forum topics and meetings per member and month
GATHERING_KINDS = {"activity": 0.5, "forum": 0.3, "meeting": 0.2}
GATHERING_SIZE = (9.0, 0.6)  # median and log spread of those who come besides the organiser
FOLLOW = 0.45  # share of participants who come because of a tie to the organiser
STATUS_SHARES = {"done": 0.93, "cancelled": 0.04, "requested": 0.03}

# --- matters ----------------------------------------------------------------------------------------------
MATTERS_PER_MONTH = {"consultation": 1.2, "request": 4.0, "contract": 0.15, "fund": 0.02}  # assumed
CONSULTATION_DAYS = 55.0  # assumed: mean days from raised to answered before the reform
CONSULTATION_SIZE = (7.0, 0.5)  # assumed: median and log spread of participants before the reform
ORIGINS = {  # assumed
    "consultation": {"citizen": 0.6, "meeting": 0.2, "official": 0.12, "organisation": 0.08},
    "request": {"citizen": 0.95, "organisation": 0.05},
    "contract": {"organisation": 1.0},
    "fund": {"organisation": 0.7, "meeting": 0.3},
}
ADOPTED, WITHDRAWN = 0.74, 0.04  # assumed
OUT_OF_ORDER = (0.04, 0.01)  # assumed: before and after the consultation reform
MATTER_RESPONSE = 0.6  # assumed: share of those concerned who state their satisfaction
ESCALATED = 0.3  # assumed: requests that a community cannot solve
REQUEST_TIME = (0.7, 1.7)  # not escalated, escalated: times the mean; 0.7 x 0.7 + 0.3 x 1.7 = 1
NEVER_ANSWERED = 0.05  # assumed
FUND_AMOUNT = (60_000.0, 0.9, 350_000.0)  # Nanxiang: a project of 350,000 yuan out of a million
CONTRACT_AMOUNT = (30_000.0, 0.7)  # assumed; Guilin: at least 200,000 yuan a year for a community
FUND_DONATIONS, FUND_PAYMENTS = (2, 6), (1, 4)  # assumed: entries of a project, least and most
FUND_RAISED = (0.95, 1.25)  # assumed: what comes in, times the budget
FUND_COST = (0.96, 0.06)  # assumed: what is spent, times the budget: mean and spread
FUND_PAYERS = {  # assumed; Nanxiang: owners, property company and others donate
    "residents": 0.45, "owners": 0.15, "property company": 0.15, "social organisation": 0.10,
    "department grant": 0.15,
}  # fmt: skip
FUND_USES = {"equipment": 0.6, "labour": 0.4}  # assumed
LEDGER_LAG = (40.0, 18.0)  # assumed: mean days from booking to publication, before and after consultation
LEDGER_UNPUBLISHED = (0.20, 0.05)  # assumed: entries never published, before and after
TOPICS = {
    "consultation": (
        "parking", "lifts", "greening", "waste sorting", "lighting", "elder canteen", "noise",
        "access control",
    ),
    "request": (
        "leak", "rubbish", "stray dogs", "street stalls", "road damage", "benefit claim", "safety hazard",
        "dispute",
    ),
    "contract": ("elder care", "after-school care", "legal advice", "health checks", "repairs"),
    "fund": ("cameras", "playground", "ramps", "bicycle shed"),
}  # fmt: skip

# --- opinions and budgets put to the vote (assumed throughout) ----------------------------------------------
CONVERSATION_SHARE = 0.04  # of consultations, with statements that people vote on
STATEMENTS, STATEMENT_DAYS = (10, 19), 10.0  # least and most + 1; days in which they are put up
ADMITTED = 0.92  # statements let in by the moderators
VOTERS, VOTED_ON, VOTE_DAYS = (45, 95), 0.8, 4.0  # people asked; share of statements voted on; mean days
VOTED_AGAIN, PASSED = 0.03, 0.35  # votes cast anew; passes among those who do not agree
CAMP = (0.3, 0.7)  # chance of the second camp: registered and non-registered users
STATEMENT_KINDS = {"unites": 0.30, "divides": 0.45, "neither": 0.25}
CAMP_AGREEMENT = {"unites": (0.88, 0.85), "divides": (0.88, 0.10), "neither": (0.5, 0.5)}
PROJECTS, PROJECT_COST = (4, 9), (0.12, 0.60)  # least and most + 1; cost as a share of the fund's money
PROJECT_KINDS = {"cameras": 0.25, "playground": 0.25, "ramps": 0.2, "bicycle shed": 0.15, "greening": 0.15}
BUDGET_VOTERS, CHOICES = (60, 130), 3  # people asked; projects a ballot may name
FINISHED, FINISHED_DAYS = 0.85, 20.0  # chosen projects ever finished; mean days after the money is spent
CHANNELS = {
    "under 60": {"online": 0.85, "paper": 0.05, "meeting": 0.10},
    "60 and over": {"online": 0.40, "paper": 0.40, "meeting": 0.20},
}

# --- duties -----------------------------------------------------------------------------------------------
DUTIES = 110  # Chongchuan: items entering a community, before
DUTY_LISTS = {  # share of the stock; cut by the reform; mean hours a month (shares and hours assumed)
    "statutory": (0.22, 0.05, 5.0),
    "assisted": (0.28, 0.85, 4.0),
    "evaluation": (0.18, 0.80, 3.0),
    "ledger": (0.22, 1 / 3, 2.0),  # Chongchuan: ledgers cut by a third
    "seal": (0.10, 0.85, 1.0),
}  # together 110 fall to about 50: Chongchuan
NEW_DUTIES = (0.6, 0.3)  # assumed: per community and month before and after the reform
ADDED_BACK = 0.12  # assumed: share of the duties cut that return
ON_LIST = (0.45, 0.75)  # assumed: non-statutory duties on the admitted list, laid on before and after
ADMITTED_OFF_LIST = (0.08, 0.55)  # assumed: off-list duties that came with an agreement and money

# --- needs and resources ----------------------------------------------------------------------------------
LISTINGS_PER_MONTH = {"need": 2.5, "resource": 2.1}  # assumed
LISTING_CATEGORIES = {  # weights among needs and among resources: some are hardly offered, some hardly needed
    "elder care": (5, 3), "child care": (4, 3), "tutoring": (3, 4), "repairs": (4, 3), "transport": (2, 2),
    "tools": (2, 3), "health": (3, 1), "legal advice": (2, 0.3), "space": (0.5, 2),
}  # fmt: skip
MATCHED = 0.75  # assumed: chance that a need and a resource waiting side by side find each other


# --- outcomes ---------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Measure:
    """How an outcome behaves without any reform (assumed).

    Attributes
    ----------
    unit : str
    mean, district_sd, community_sd : float
        Of the communities' long-run levels, which are cut off at `least` and `most`.
    month_sd, shock_sd : float
        Shocks common to the city, and of each community (AR(1), stationary).
    bounds : tuple of float
        Values a mean can take at all.
    """

    unit: str
    mean: float
    district_sd: float
    community_sd: float
    least: float
    most: float
    month_sd: float
    shock_sd: float
    bounds: tuple[float, float]


MEASURES = {
    "satisfaction": Measure("points 0-100", 63.0, 2.0, 4.0, 50.0, 76.0, 0.8, 1.0, (10.0, 90.0)),
    "trust": Measure("points 0-100", 58.0, 2.0, 4.0, 45.0, 71.0, 0.6, 0.8, (10.0, 90.0)),
    "response_days": Measure("days", 12.0, 0.8, 1.5, 8.0, 17.0, 0.4, 0.5, (0.5, 60.0)),
    "participation": Measure("share 0-1", 0.14, 0.012, 0.025, 0.08, 0.22, 0.006, 0.006, (0.005, 0.9)),
    "incidents": Measure("count per 1,000 residents", 4.5, 0.3, 0.8, 2.8, 7.0, 0.2, 0.2, (0.2, 50.0)),
}  # fmt: skip
SHOCK_PERSISTENCE = 0.3
RESPONDENTS = (60.0, 0.25, 10)  # a month: mean, log spread between communities, least
ANSWER_SD = 18.0  # points, between respondents of one community
CASES = (15.0, 0.25, 3)  # cases a month behind response_days: mean, log spread, least
CASE_SHAPE = 4.0  # gamma shape of single response times: their sd is half their mean
CAPITAL_SD, CAPITAL_SHOCK_SD = 0.25, 0.06  # log points: between communities; shock of a month

# --- how the reforms change what is logged (assumed; written to truth.json) ---------------------------------
PROCESS_TRUTH = {
    "consultation": {
        "matters_raised": 1.3,  # times as many matters a month
        "participants": 1.35,  # times as many people asked to a consultation
        "nonregistered_weight": [0.5, 1.0],  # of a non-registered user among those asked, before and after
        "step_taken": [0.82, 0.95],  # chance that each step after "raised" is taken and recorded
        "out_of_order": list(OUT_OF_ORDER),  # chance that two neighbouring steps change places
        "days": 0.75,  # times as many days from raised to answered, besides the effect on response_days
    },
    "ledger": {  # of projects proposed before and after the consultation reform
        "days_to_publication": list(LEDGER_LAG),  # mean, of entries that are published at all
        "never_published": list(LEDGER_UNPUBLISHED),
    },
    "burden_reduction": {
        "duties_in_force": [DUTIES, 50],
        "new_duties_per_month": list(NEW_DUTIES),
        "share_of_cut_duties_added_back": ADDED_BACK,
        "on_admitted_list": list(ON_LIST),  # new duties that are not statutory
        "admitted_off_list": list(ADMITTED_OFF_LIST),  # with an agreement and money
    },
    "requests": "mean days from raised to answered follow the mean of response_days",
    "interactions": "expected help, goods and skill acts per member and month are proportional to "
    "exp(social_capital)",
}
