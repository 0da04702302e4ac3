"""The index site: static pages, their assets and data, in the folder that may be handed out."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from analysis.files import write_whole
from analysis.reporting.city import City
from analysis.reporting.layout import Layout
from analysis.reporting.site.downloads import DICTIONARY, TABLE, dictionary_csv, districts_csv
from analysis.reporting.site.facts import Facts
from analysis.reporting.site.page import index_page

ASSETS = ("site.css", "site.js", "table.js", "map.js", "compare.js")


def write_index(
    out: Layout | str | Path, city: City, languages: tuple[str, ...], reports: list[dict]
) -> Path:
    """Write the index site: one page per language, assets/ and data/, which need no network.

    Parameters
    ----------
    out : Layout or path
        The folder of a run, whose public part takes the site; or the folder for the site itself.
    city : City
        What the city stage computed.
    languages : tuple of {"en", "zh"}
        The first is the language of index.html, the others go to index.<language>.html.
    reports : list of dict
        Entries of the manifest: district ("" for a report on all of them), language, status ("failed", or
        another where the report is there), error, page, and where they exist pdf and docx: paths from the
        folder of the site; moved, if the figures it compares with are from an earlier run.

    Returns
    -------
    Path
        index.html. Every file is replaced as a whole.
    """
    public = out.public if isinstance(out, Layout) else Path(out)
    names = {lang: "index.html" if n == 0 else f"index.{lang}.html" for n, lang in enumerate(languages)}
    facts = {lang: Facts(city, lang, reports) for lang in languages}
    first = facts[languages[0]]
    content = {TABLE: districts_csv(first), DICTIONARY: dictionary_csv(first)}
    for asset in ASSETS:
        content[f"assets/{asset}"] = files(__package__).joinpath(asset).read_text(encoding="utf-8")
    for language, name in names.items():
        content[name] = index_page(facts[language], {k: v for k, v in names.items() if k != language})
    for name, words in content.items():
        write_whole(public / name, words)
    return public / names[languages[0]]
