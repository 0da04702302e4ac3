"""What a report sees of the city stage: its district's own rows, and numbers it shares with all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.reporting.running.keys import digest

if TYPE_CHECKING:
    import pandas as pd

    from analysis.reporting.city import City

RELATIVE = ("effects", "index")  # a district's rows here move with the data of every other district
NOT_SHOWN = ("panel",)  # only the effects are made from it
DRAWN = (
    "null_mean",
    "null_low",
    "null_high",
    "z",
    "p_value",
)  # of mobilisation: one stream of chance for all
NOT_OWN = ("inputs", "index", "version", "boundaries")  # about the whole study, or in the key already
AGAINST_CITY = ("connectedness", "exposure", "friending_bias")  # indicators measured against the whole city
DIGITS, OWN_DIGITS = 3, 6  # significant; own rows too are rounded: sums of a city add up in another order
NUMBERS = (
    "null_mean",
    "null_low",
    "null_high",
    "estimate",
    "conf_low",
    "conf_high",
    "p_value",
    "rank",
    "score",
    "rows_in",
    "kept",
    "set_aside",
)


def slice_city(city: City) -> dict[str, str]:
    """Return a hash per district of its rows in every frame of the city stage, and of the periods and rules.

    Rows count with their order, their columns and six significant digits. Where a district's rows depend on
    the other districts (effects, ranks, what chance would give), they are left to `city_numbers`.
    """
    home = _homes(city)
    meta = digest({k: v for k, v in city.meta.items() if k not in NOT_OWN})
    found: dict[str, list[str]] = {d: [meta, d] for d in _districts(city)}
    for name, frame in sorted(city.frames.items()):
        column = next((c for c in ("district_id", "place_id") if c in frame), None)
        if name in (*RELATIVE, *NOT_SHOWN) or column is None:
            continue
        frame = _own_part(name, frame)
        owner = frame[column] if column == "district_id" else frame[column].map(home)
        head = [name, list(frame.columns)]
        rows = _row_hashes(frame)
        groups = owner.reset_index(drop=True).groupby(owner.to_numpy(), sort=False).indices
        for district, parts in found.items():
            at = groups.get(district)
            parts.append(digest(head, rows[at].tobytes().hex() if at is not None else ""))
    return {district: digest(*parts) for district, parts in found.items()}


def _own_part(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows and columns of a frame that do not move with the data of other districts."""
    from analysis.reporting.stages.consultation import SHORTEST

    if name == "mobilisation":
        return frame.drop(columns=[c for c in DRAWN if c in frame])
    if name == "waiting":  # how far the days go is decided for the whole city
        return frame[frame["days"].le(SHORTEST)]
    return frame[~_against_city(frame)] if name == "indicators" and len(frame) else frame


def _against_city(frame: pd.DataFrame) -> pd.Series:
    return frame["indicator"].astype("str").str.startswith(AGAINST_CITY)


def city_numbers(city: City) -> dict[str, dict[str, str]]:
    """Return the numbers a report shares with others, rounded to three digits, by place_id; "" for all.

    Of every measure over the whole time: lowest, middle and highest district and community. Of every effect
    its estimate, interval and p value; the account of rows; and per district its own effects and its rank.
    """
    import pandas as pd

    shared: dict[str, dict[str, str]] = {"": {}} | {d: {} for d in _districts(city)}
    kinds = city.frames["places"].set_index("place_id")["kind"]
    for name in ("indicators", "processes", "burden", "further", "outcomes"):
        frame = city.frames.get(name)
        if frame is None or not len(frame):
            continue
        label = "indicator" if "indicator" in frame else "measure"
        rows = frame[frame["period"].eq("all") & frame["value"].notna()]
        kind = rows["place_id"].map(kinds)
        rows = rows.assign(kind=kind)[kind.isin(["district", "community"])]
        values = pd.to_numeric(rows["value"], errors="coerce").astype(float)
        spread = values.groupby([rows[label].astype(str), rows["kind"].astype(str)]).quantile(
            [0, 0.25, 0.5, 0.75, 1]
        )
        shared[""] |= {
            f"{measure} of {kind}, quantile {at}": _short(value)
            for (measure, kind, at), value in spread.items()
        }
    indicators = city.frames.get("indicators")
    if indicators is not None and len(indicators):
        own = indicators[_against_city(indicators) & indicators["period"].eq("all")]
        for row in own[own["place_id"].isin(list(shared))].itertuples():
            shared[row.place_id][row.indicator] = _short(row.value)
    for name in ("accounting", "mobilisation", *RELATIVE):
        _add_rows(shared, name, city.frames.get(name))
    shared[""]["index"] = digest(city.meta.get("index"))
    return shared


def _add_rows(shared: dict[str, dict[str, str]], name: str, frame: pd.DataFrame | None) -> None:
    if frame is None or not len(frame):
        return
    numbers = [c for c in NUMBERS if c in frame]
    keys = ("table", "rule", "reform", "outcome", "aggregation", "term", "event_time", "indicator")
    words = [c for c in keys if c in frame]
    own = next((c for c in ("district_id", "district", "place_id") if c in frame), None)
    for row in frame[[*words, *numbers, *([own] if own else [])]].to_dict("records"):
        owner = row[own] if own and isinstance(row[own], str) else ""
        label = " ".join([name, *(str(row[w]) for w in words if row[w] == row[w] and row[w])])
        for number in numbers:
            shared.setdefault(owner, {})[f"{label} {number}"] = _short(row[number])


def moved(before: dict[str, dict[str, str]], now: dict[str, dict[str, str]]) -> list[str]:
    """Return the names of the numbers for all districts that differ."""
    old, new = before.get("", {}), now.get("", {})
    return sorted(k for k in old.keys() | new.keys() if old.get(k) != new.get(k))


def _short(value: object) -> str:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return ""
    return f"{number:.{DIGITS}g}" if number == number else ""


def _districts(city: City) -> list[str]:
    places = city.frames["places"]
    return places.loc[places["kind"] == "district", "place_id"].tolist()


def _homes(city: City) -> pd.Series:
    places = city.frames["places"].set_index("place_id")
    districts = places["district_id"].astype("object")
    return districts.where(districts.notna(), None)


def _row_hashes(frame: pd.DataFrame):
    import pandas as pd

    frame = frame.assign(**{c: _rounded(frame[c]) for c in frame.select_dtypes("floating")})

    try:
        return pd.util.hash_pandas_object(frame, index=False).to_numpy()
    except TypeError:  # lists in cells
        return pd.util.hash_pandas_object(frame.astype(str), index=False).to_numpy()


def _rounded(column: pd.Series) -> pd.Series:
    """Return numbers rounded to `OWN_DIGITS` significant digits."""
    import numpy as np

    values = column.to_numpy(dtype=float, na_value=np.nan)
    with np.errstate(divide="ignore"):
        exponent = np.floor(np.log10(np.abs(values), where=values != 0, out=np.zeros_like(values)))
    scale = 10.0 ** (OWN_DIGITS - 1 - np.nan_to_num(exponent, posinf=0, neginf=0))
    rounded = np.round(values * scale) / scale
    return column.__class__(rounded + 0.0, index=column.index)
