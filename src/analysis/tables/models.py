"""The tables a study may hold, as pandera models: every column with type, unit, rule and meaning."""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

from analysis.tables.values import (
    AGE_BANDS,
    ASSIGNMENTS,
    DUTY_LISTS,
    INTERACTION_KINDS,
    LEDGER_SIDES,
    LEVELS,
    MATTER_OUTCOMES,
    OPTION_KINDS,
    ORGANISATION_KINDS,
    PLACE_KINDS,
    PROCESSES,
    RESIDENCIES,
    ROLES,
    SEXES,
    SIDES,
    STATUSES,
    STEPS,
    VOTE_CHANNELS,
)


def _field(
    type: str,
    description: str,
    *,
    unit: str | None = None,
    values: tuple[str, ...] | None = None,
    required: bool = False,
    person: bool = False,
    refers_to: str | None = None,
    default: object = None,
    **rules: object,
):
    """Return a pandera field of logical `type`, one of the keys of DTYPES."""
    if values is not None:
        rules["isin"] = list(values)
    metadata = {"type": type, "unit": unit, "values": values, "required": required, "person": person,
                "refers_to": refers_to, "default": default}  # fmt: skip
    return pa.Field(nullable=not required, description=description, metadata=metadata, **rules)


class Places(pa.DataFrameModel):
    """A place: a city, district, street, community or neighbourhood unit."""

    place_id: str = _field("id", "Identifier of the place", required=True)
    kind: str = _field("category", "Level of the place", values=PLACE_KINDS, required=True)
    parent_id: str = _field(
        "id", "The place one level up that holds this one; empty at the top", refers_to="places.place_id"
    )
    name: str = _field("text", "Name in Latin letters")
    name_zh: str = _field("text", "Name in Chinese")
    population: pd.Int64Dtype = _field("integer", "Residents, registered and not", unit="people", ge=0)
    households: pd.Int64Dtype = _field("integer", "Households", unit="households", ge=0)
    share_elderly: float = _field(
        "number", "Share of residents aged 60 or over", unit="share 0-1", ge=0, le=1
    )
    share_nonregistered: float = _field(
        "number", "Share of residents without local household registration", unit="share 0-1", ge=0, le=1
    )
    area_km2: float = _field("number", "Area", unit="km2", gt=0)
    longitude: float = _field("number", "Longitude, WGS84", unit="degrees", ge=-180, le=180)
    latitude: float = _field("number", "Latitude, WGS84", unit="degrees", ge=-90, le=90)

    class Config:
        name = "places"


class People(pa.DataFrameModel):
    """A pseudonymous person."""

    person_id: str = _field(
        "id", "Identifier of the person; replaced by a keyed hash", required=True, person=True
    )
    community_id: str = _field(
        "id", "Community the person lives in", required=True, refers_to="places.place_id"
    )
    unit_id: str = _field("id", "Neighbourhood unit the person lives in", refers_to="places.place_id")
    age_band: str = _field("category", "Age in years, in bands", unit="years", values=AGE_BANDS)
    sex: str = _field("category", "Sex as stated by the person", values=SEXES)
    residency: str = _field("category", "Household registration: local or not", values=RESIDENCIES)
    role: str = _field("category", "Role in the community", values=ROLES)
    joined: pd.Timestamp = _field("date", "Day the person joined the platform", unit="date")

    class Config:
        name = "people"


class Organisations(pa.DataFrameModel):
    """An organisation that acts, consults or shares resources."""

    org_id: str = _field("id", "Identifier of the organisation", required=True)
    kind: str = _field("category", "Kind of organisation", values=ORGANISATION_KINDS, required=True)
    community_id: str = _field(
        "id", "Community it belongs to; empty if it serves several", refers_to="places.place_id"
    )
    name: str = _field("text", "Name of the organisation")

    class Config:
        name = "organisations"


class Interactions(pa.DataFrameModel):
    """An act between two people (target_id) or of one person in a gathering (gathering_id)."""

    time: pd.Timestamp = _field("time", "When it happened, local time", unit="date and time", required=True)
    community_id: str = _field(
        "id", "Community in which it happened", required=True, refers_to="places.place_id"
    )
    kind: str = _field(
        "category", "Kind of act; each kind is a network layer", values=INTERACTION_KINDS, required=True
    )
    source_id: str = _field(
        "id", "Person who acts: gives, helps, teaches, writes, takes part", required=True, person=True
    )
    target_id: str = _field("id", "Person acted towards", person=True)
    gathering_id: str = _field("id", "Event, topic or meeting taken part in")
    hours: float = _field("number", "Time given", unit="hours", ge=0)
    status: str = _field("category", "State of the act", values=STATUSES, default="done")

    class Config:
        name = "interactions"


class Matters(pa.DataFrameModel):
    """A matter under way: a consultation, request, contract, fund project, budget or aid request."""

    matter_id: str = _field("id", "Identifier of the matter", required=True)
    process: str = _field("category", "Process the matter goes through", values=PROCESSES, required=True)
    community_id: str = _field(
        "id", "Community the matter concerns", required=True, refers_to="places.place_id"
    )
    procedure: str = _field(
        "text",
        "Name of the procedure it must follow, one that is shipped or in the study's procedures.toml; "
        "empty: the usual one of its process",
    )
    category: str = _field("text", "Subject area")
    origin: str = _field("text", "Who raised it: citizen, organisation, meeting, official, ...")
    level: str = _field("category", "Level at which it was raised", values=LEVELS)
    outcome: str = _field("category", "What became of it; empty while open", values=MATTER_OUTCOMES)
    satisfaction: float = _field(
        "number", "Satisfaction stated by those concerned", unit="points 0-100", ge=0, le=100
    )
    amount: float = _field("number", "Money involved", unit="yuan", ge=0)

    class Config:
        name = "matters"


class Steps(pa.DataFrameModel):
    """A step that a matter has taken."""

    matter_id: str = _field("id", "Matter that moved", required=True, refers_to="matters.matter_id")
    step: str = _field("category", "Step taken", values=STEPS, required=True)
    time: pd.Timestamp = _field(
        "time", "When the step was taken, local time", unit="date and time", required=True
    )
    actor_id: str = _field("id", "Person or organisation that took it", person=True)
    level: str = _field("category", "Level at which it was taken", values=LEVELS)

    class Config:
        name = "steps"


class Options(pa.DataFrameModel):
    """What people vote on: a statement in a conversation, or a project in a participatory budget."""

    option_id: str = _field("id", "Identifier of the option, unique in the study", required=True)
    matter_id: str = _field(
        "id", "Conversation or budget it was put up in", required=True, refers_to="matters.matter_id"
    )
    kind: str = _field("category", "Statement or project", values=OPTION_KINDS, required=True)
    place_id: str = _field("id", "Place it is for", refers_to="places.place_id")
    category: str = _field("text", "Subject area")
    amount: float = _field("number", "What it costs", unit="the study's currency", ge=0)
    author_id: str = _field("id", "Person who put it up", person=True)
    opened: pd.Timestamp = _field("time", "When it was put up", unit="date and time")
    admitted: pd.BooleanDtype = _field("flag", "Whether it was let in to the vote; empty while undecided")
    selected: pd.BooleanDtype = _field("flag", "Whether it was chosen: adopted or funded")
    completed: pd.Timestamp = _field("date", "Day a chosen project was finished", unit="date")

    class Config:
        name = "options"


class Votes(pa.DataFrameModel):
    """A person's vote on an option. A later vote of the same person on it takes the place of the earlier."""

    option_id: str = _field("id", "Option voted on", required=True, refers_to="options.option_id")
    person_id: str = _field("id", "Person who voted", required=True, person=True)
    vote: float = _field(
        "number", "1 agrees or approves, 0 passes, -1 disagrees; or points given", unit="points",
        required=True,
    )  # fmt: skip
    time: pd.Timestamp = _field("time", "When the vote was cast, local time", unit="date and time")
    channel: str = _field("category", "How the vote was cast", values=VOTE_CHANNELS)

    class Config:
        name = "votes"


class Ledger(pa.DataFrameModel):
    """Money that came into a fund or project, or was spent from it."""

    entry_id: str = _field("id", "Identifier of the entry", required=True)
    matter_id: str = _field(
        "id", "Fund or project it belongs to", required=True, refers_to="matters.matter_id"
    )
    side: str = _field("category", "Income or spending", values=LEDGER_SIDES, required=True)
    amount: float = _field("number", "Money moved", unit="yuan", required=True, ge=0)
    booked: pd.Timestamp = _field("date", "Day the money moved", unit="date", required=True)
    published: pd.Timestamp = _field("date", "Day the entry was made public; empty if never", unit="date")
    category: str = _field("text", "What for, or where from")
    org_id: str = _field("id", "Organisation that gave or received it", refers_to="organisations.org_id")

    class Config:
        name = "ledger"


class Duties(pa.DataFrameModel):
    """A duty laid on a community."""

    duty_id: str = _field("id", "Identifier of the duty", required=True)
    community_id: str = _field("id", "Community that carries it", required=True, refers_to="places.place_id")
    list: str = _field("category", "Which of the five lists it belongs to", values=DUTY_LISTS, required=True)
    department: str = _field("text", "Department that laid it on the community")
    start: pd.Timestamp = _field("date", "First day in force", unit="date", required=True)
    end: pd.Timestamp = _field("date", "Last day in force; empty while in force", unit="date")
    hours_per_month: float = _field("number", "Staff time it takes", unit="hours per month", ge=0)
    on_list: pd.BooleanDtype = _field("flag", "Whether it stands on the admitted list")
    agreement: pd.BooleanDtype = _field("flag", "Whether an agreement was signed for it")
    funded: pd.BooleanDtype = _field("flag", "Whether money moved with it")

    class Config:
        name = "duties"


class Listings(pa.DataFrameModel):
    """A need or a resource on offer."""

    listing_id: str = _field("id", "Identifier of the listing", required=True)
    community_id: str = _field("id", "Community it was listed in", required=True, refers_to="places.place_id")
    side: str = _field("category", "Need or resource", values=SIDES, required=True)
    category: str = _field("text", "Kind of thing needed or offered")
    opened: pd.Timestamp = _field("date", "Day it was listed", unit="date", required=True)
    closed: pd.Timestamp = _field("date", "Day it was met or withdrawn; empty while open", unit="date")
    matched_id: str = _field(
        "id", "Listing on the other side it was matched with", refers_to="listings.listing_id"
    )
    provider_id: str = _field("id", "Person or organisation that offers or met it", person=True)

    class Config:
        name = "listings"


class Outcomes(pa.DataFrameModel):
    """A measured outcome of a place in a period."""

    place_id: str = _field("id", "Place it was measured in", required=True, refers_to="places.place_id")
    period: str = _field(
        "period", "Month, quarter or year it belongs to", unit="2021-03, 2021Q1 or 2021", required=True
    )
    measure: str = _field(
        "text", "Name of the measure, e.g. satisfaction, trust, response_days", required=True
    )
    value: float = _field("number", "Measured value, in the measure's own unit", required=True)
    n: pd.Int64Dtype = _field("integer", "How many people or cases it rests on", unit="count", ge=0)
    std_error: float = _field(
        "number",
        "Standard error of the value: of a survey's mean, the spread of the answers divided by the root of n",
        unit="the measure's own unit",
        ge=0,
    )

    class Config:
        name = "outcomes"


class Reforms(pa.DataFrameModel):
    """The start of a reform in a place; it holds for every place below it too."""

    place_id: str = _field("id", "Place that reformed", required=True, refers_to="places.place_id")
    reform: str = _field("text", "Name of the reform, e.g. consultation, burden_reduction", required=True)
    start: pd.Timestamp = _field("date", "First day", unit="date", required=True)
    end: pd.Timestamp = _field("date", "Last day, if it was ended", unit="date")
    dose: float = _field("number", "Strength, if it differs between places", unit="reform's own unit")
    assignment: str = _field(
        "category", "Who reforms when: drawn by lot among all places compared, or chosen", values=ASSIGNMENTS
    )

    class Config:
        name = "reforms"
