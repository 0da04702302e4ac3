"""The words a category may hold, each list in one place."""

from __future__ import annotations

PLACE_KINDS = ("city", "district", "street", "community", "unit")
AGE_BANDS = ("0-17", "18-44", "45-59", "60-74", "75+")
OLD_AGE_BANDS = ("60-74", "75+")
RESIDENCIES = ("registered", "non_registered")
ROLES = ("resident", "volunteer", "party_member", "social_worker", "cadre")
ORGANISATION_KINDS = (
    "residents_committee", "owners_committee", "property_company", "social_organisation", "department",
    "party_branch", "business", "council", "association", "alliance", "other",
)  # fmt: skip
INTERACTION_KINDS = (
    "help", "goods", "skill", "activity", "consultation", "forum", "meeting", "volunteering", "mediation",
    "other",
)  # fmt: skip
STATUSES = ("requested", "offered", "done", "cancelled")
PROCESSES = ("consultation", "request", "contract", "fund", "budgeting", "aid")
LEVELS = ("unit", "community", "street", "district", "city")
MATTER_OUTCOMES = ("adopted", "rejected", "resolved", "unresolved", "withdrawn")
STEPS = (
    "raised", "discussed", "decided", "published", "implemented", "answered", "escalated", "arrived",
    "proposed", "signed", "performed", "reviewed", "budgeted", "spent",
    "suggested", "deliberated", "examined", "procedure_published", "process_published", "progress_published",
    "result_published", "screened", "voted", "selected", "verified", "referred", "helped",
)  # fmt: skip
DUTY_LISTS = ("statutory", "assisted", "evaluation", "ledger", "seal")
SIDES = ("need", "resource")
SEXES = ("female", "male", "other")
OPTION_KINDS = ("statement", "project")
VOTE_CHANNELS = ("online", "paper", "meeting")
LEDGER_SIDES = ("income", "spending")
ASSIGNMENTS = ("lot", "chosen")
