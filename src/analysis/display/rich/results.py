"""Studies, ties, indices and opinion groups as HTML: what they hold and what was set aside."""

from __future__ import annotations

import pandas as pd

from analysis.display.html import Html, element, paragraph, table
from analysis.display.numbers import NO_VALUE, format_number, format_period
from analysis.display.rich.language import words
from analysis.display.rich.tables import show_table, sorting
from analysis.display.text import Text

LEVELS = ("error", "set_aside", "note")
MOST_LISTED = 40


def study_html(study) -> Html:
    """Return a study: its tables with rows in, kept and set aside; places, periods, problems."""
    text, kinds = words(), study.places["kind"].value_counts(sort=False)
    places = text.listed(_counted(kind, count, text) for kind, count in kinds.items() if count)
    periods = [format_period(label, text.language) for label in (*study.periods[:1], *study.periods[-1:])]
    span = text("rich.undated")
    if periods:
        span = text("rich.span", first=periods[0], last=periods[-1], count=len(study.periods))
    name = (text.language == "zh" and study.name_zh) or study.name
    head = text("rich.study", name=name, span=span)
    held, lines = [t for t, frame in study.frames.items() if len(frame)], [text("rich.places", listed=places)]
    counts, aside = _account(study, text)
    lacking = [text.named("table", t) for t in study.frames if t not in held]
    lines += [text("rich.lacking", listed=text.listed(lacking))] if lacking else []
    if study.procedures:
        lines.append(text("rich.procedures", listed=text.listed(p.name for p in study.procedures)))
    lines.append(_problems(study, aside, text))
    return _block(head, counts, *(paragraph(line) for line in lines if line))


def _account(study, text: Text) -> tuple[Html, int]:
    """Return the table of rows in, kept and set aside, and how many were set aside."""
    whole = study.accounting.query("rule == ''")
    whole = whole[(whole["rows_in"] > 0) | (whole["set_aside"] > 0)]
    header = [text(f"rich_column.{name}") for name in ("table", "rows_in", "kept", "set_aside")]
    rows = [
        [_named(row.table, text.named("table", row.table)),
         *(format_number(n, "people") for n in (row.rows_in, row.kept, row.set_aside))]
        for row in whole.itertuples()
    ]  # fmt: skip
    return table(header, rows, caption=text("rich.row_counts")), int(whole["set_aside"].sum())


def _problems(study, aside: int, text: Text) -> str:
    """Return what was found while checking, as a sentence."""
    found = study.problems["level"].value_counts() if len(study.problems) else {}
    listed = [text(f"rich_level.{level}", count=f"{found[level]:,}") for level in LEVELS if level in found]
    said = [text("rich.problems", listed=text.listed(listed))] if listed else []
    if aside and not listed:
        said.append(text("rich.aside", count=f"{aside:,}"))
    return " ".join(said) or text("rich.sound")


def ties_html(ties) -> Html:
    """Return ties: the rule, the layers and what became of every act."""
    text, layout = words(), ties.layout
    places = text.listed(_counted(level, len(index), text) for level, index in layout.places.items())
    head = text("rich.ties", people=f"{len(ties.persons):,}", places=places, periods=len(layout.steps))
    layers = text.listed(str(layer) for form in layout.layers.values() for layer in form)
    rule = text("rich.rule", settings=rule_settings(ties.rule) or text("rich.rule_plain"), layers=layers)
    header = ["", text("rich_column.acts"), text("rich_column.share")]
    rows = _acts(ties.accounting, text)
    return _block(head, paragraph(rule), table(header, rows, caption=text("rich.acts")))


def _acts(accounting: dict[str, int], text: Text) -> list[list[object]]:
    """Return what became of every act: those that add up to all, then what deserves notice among them."""
    acts, known = accounting.get("acts_in", 0), text.names("rich_act")
    sums = [
        key for key in accounting if key.startswith(("acts_in", "acts_dyadic", "acts_gathering", "set_aside"))
    ]
    rows: list[list[object]] = []
    for key in [*sums, None, *(key for key in accounting if key not in sums and accounting[key])]:
        if key is None:
            rows.append([known["noticed"]])
            continue
        count = accounting[key]
        share = format_number(count / acts, "share") if acts else NO_VALUE
        rows.append([_named(key, known.get(key, "")), format_number(count, "people"), share])
    return rows if len(rows[-1]) > 1 else rows[:-1]


def rule_settings(rule) -> str:
    """Return what a tie rule sets apart from the default, as "name = value" in a list."""
    default = type(rule)()
    own = {k: v for k, v in vars(rule).items() if v != getattr(default, k)}
    return ", ".join(f"{name} = {value!r}" for name, value in own.items())


def index_html(result) -> Html:
    """Return an index: scores and dimensions of every place."""
    text = words()
    head = text("rich.scores", name=result.spec.name, count=len(result.table))
    return _block("", show_table(result.table, head), paragraph(text("rich.no_ranks"), class_="note"))


def ranks_html(result) -> Html:
    """Return ranks, never without their interval."""
    text = words()
    found = result.table
    rows = []
    for row in found.to_dict("records"):
        place = str(row[found.columns[0]])
        if pd.isna(row["rank"]):
            rows.append([place, NO_VALUE, NO_VALUE, text.named("reason_index", row["reason"])])
            continue
        span = f"{row['rank_low']:.0f} – {row['rank_high']:.0f}"
        rows.append([place, format_number(row["score"], "ratio"), f"{row['rank']:.0f}", span])
    header = [text(f"rich_column.{name}") for name in ("place", "score", "rank", "range")]
    head = text("rich.ranks", name=result.index.spec.name, count=int(found["rank"].notna().sum()))
    share = format_number(result.certain_share, "share")
    certain = text("rich.certain", share=share, level=f"{result.level:.0%}", draws=f"{result.draws:,}")
    return _block(head, long_table(header, rows), paragraph(certain))


def spec_html(spec) -> Html:
    """Return an index' declaration: indicators with dimension, direction and weight."""
    text = words()
    rows = pd.DataFrame([vars(indicator) for indicator in spec.indicators])
    rows = rows.drop(columns=[c for c in rows if rows[c].isna().all()]).rename(columns={"column": "measure"})
    head = text("rich.index", name=spec.name, count=len(rows), groups=len(spec.dimensions))
    how = text("rich.index_how", scale=spec.normalisation, outliers=spec.outliers, missing=spec.missing)
    return _block("", show_table(rows, head, sortable=False), paragraph(how, class_="note"))


def groups_html(groups) -> Html:
    """Return opinion groups: their sizes, and how clearly they stand apart."""
    text = words()
    if groups.reason:
        return _block(text("rich.no_groups", reason=groups.reason))
    best = groups.silhouettes.loc[groups.silhouettes["chosen"], "silhouette"].iloc[0]
    head = text("rich.groups", count=groups.count, placed=f"{groups.placed:,}",
                unplaced=f"{groups.unplaced:,}", silhouette=f"{best:.2f}")  # fmt: skip
    return _block("", paragraph(head), show_table(groups.sizes.drop(columns="hidden")))


def run_html(run) -> Html:
    """Return what a batch of reports has made."""
    text = words()
    listed = text.listed(f"{text.named('status', status)} {count:,}" for status, count in run.counts.items())
    said = text("rich.run", listed=listed, index=run.index.name)
    return _block("", paragraph(said), *(element("pre", failure) for failure in run.failures))


def long_table(header: list[str], rows: list[list[object]], caption: str = "") -> Html:
    """Return a table, sorted and searched where it is long."""
    import hashlib

    made = table(header, rows, caption=caption)
    if len(rows) <= MOST_LISTED:
        return made
    identifier = "gongzhi-" + hashlib.sha256(made.encode()).hexdigest()[:12]
    return Html(made.replace("<table", f'<table id="{identifier}"', 1) + sorting(identifier, len(rows)))


def _counted(kind: str, count: int, text: Text) -> str:
    one, _, more = text.named("rich_kind", kind).partition("|")
    return f"{count:,}{'' if text.language == 'zh' else ' '}{one if count == 1 or not more else more}"


def _named(code: str, name: str) -> Html:
    """Return a name of the data with what people call it beside it."""
    return (
        Html(f"{element('code', code)} {element('small', name)}")
        if name and name != code
        else element("code", code)
    )


def _block(head: str, *parts: Html) -> Html:
    first = [paragraph(element("b", head))] if head else []
    return element("div", *first, *parts, class_="gongzhi")
