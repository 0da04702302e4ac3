"""Every word a reader sees, in English and Chinese: one catalogue per language, one list of measures."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from analysis.display.numbers import NO_VALUE, format_number, format_period, is_hidden
from analysis.errors import ReportError

LANGUAGES = ("en", "zh")
# catalogues that hold both languages beside each other
BESIDE = ("effects", "documents", "site", "reasons", "rich", "publication", "release")


@dataclass(frozen=True)
class Label:
    """How a measure is called in one language, how its numbers are written, what its n counts."""

    name: str
    kind: str
    counts: str

    def hides(self, n: float) -> bool:
        """Whether a value resting on `n` must not be shown."""
        return self.counts != "places" and self.kind != "people" and is_hidden(n)


class Text:
    """The texts of one language.

    Parameters
    ----------
    language : {"en", "zh"}

    Raises
    ------
    ReportError
        The language has no catalogue.
    """

    def __init__(self, language: str) -> None:
        if language not in LANGUAGES:
            raise ReportError(
                "There are no texts in this language.", where="language", value=language,
                expected=" or ".join(LANGUAGES), mend="Use one of these.",
            )  # fmt: skip
        self.language = language
        self._catalogue = dict(_load(language))
        for name in BESIDE:
            self._catalogue |= _beside(name, language)

    def __call__(self, key: str, **values: object) -> str:
        """Return the text of `key` ("section.name") with its fields filled in."""
        section, _, name = key.partition(".")
        return self._catalogue[section][name].format(**values)

    def named(self, section: str, name: str) -> str:
        """Return the text for `name`, or for names the catalogue does not know, the name in plain words."""
        return self._catalogue[section].get(name, str(name).replace("_", " "))

    def names(self, section: str) -> dict[str, str]:
        """Return all texts of a section."""
        return dict(self._catalogue[section])

    def measure(self, name: str) -> Label:
        """Return the label of a measure.

        One the list does not know keeps its own name, and is written and hidden as the measure it refines
        ("burden_hours_ledger" as "burden_hours"), or else as a plain number that rests on people.
        """
        known, words = _load("measures"), str(name).replace("_", " ")
        parts = str(name).split("_")
        stems = ("_".join(parts[:end]) for end in range(len(parts), 0, -1))
        found = next((stem for stem in stems if stem in known), None)
        if found is None:
            return Label(words, "number", "people")
        entry = known[found]
        return Label(entry[self.language] if found == name else words, entry["kind"], entry.get("n", "cases"))

    def value(self, measure: str, value: float, n: float | None = None) -> str:
        """Return a value as text; hidden where it rests on fewer than five, `n` being what it rests on."""
        label = self.measure(measure)
        if n is not None and label.hides(n):
            return self("sentence.hidden" if label.counts == "people" else "sentence.hidden_cases")
        return format_number(value, label.kind)

    def place(self, row) -> str:
        """Return the name of a place (a row of the places table) in this language, or what it has."""
        names = (row["name_zh"], row["name"]) if self.language == "zh" else (row["name"], row["name_zh"])
        return next((n for n in (*names, row["place_id"]) if isinstance(n, str) and n), NO_VALUE)

    def period(self, label: str, *, short: bool = False) -> str:
        """Return a period label ("2021-03", "2021Q1", "2021") as people write it; other words as they are."""
        return format_period(label, self.language, short=short)

    def listed(self, items) -> str:
        """Return the items as a list in a sentence."""
        return ("、" if self.language == "zh" else ", ").join(items)


@cache
def _load(name: str) -> dict:
    return tomllib.loads(files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))


@cache
def _beside(name: str, language: str) -> dict:
    """Return the texts of a catalogue that holds both languages beside each other."""
    return {
        section: {key: words[language] for key, words in texts.items()}
        for section, texts in _load(name).items()
    }
