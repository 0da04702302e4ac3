"""Every package is accounted for: what it is for and its licence stand in docs/dependencies.md."""

import re
import tomllib
from importlib import metadata

import pytest

COPYLEFT = re.compile(r"GPL|MPL|GNU|Mozilla")


@pytest.fixture(scope="module")
def page(repository):
    return (repository / "docs" / "dependencies.md").read_text(encoding="utf-8")


def names(requirements):
    return {re.match(r"[\w.-]+", line)[0] for line in requirements}


def rows(page):
    lines = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line] for line in lines if line[0].strip() != "Package"]
    return {name.strip(): row[1:] for row in cells for name in row[0].split(",")}


def test_the_page_has_every_declared_package_and_no_other(repository, page):
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    declared = names(project["dependencies"]).union(*(names(extra) for extra in extras))
    told = rows(page)
    assert set(told) == declared
    assert all(all(row) for row in told.values())
    assert all(len(told[name]) == 3 for name in names(project["dependencies"]))


def test_every_copyleft_package_of_the_lock_is_named(repository, page):
    lock = (repository / "requirements.lock").read_text(encoding="utf-8")
    pinned = re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)
    assert len(pinned) > 100
    section = page.split("## Copyleft")[1]
    unnamed = []
    for name in pinned:
        try:
            about = metadata.metadata(name)
        except metadata.PackageNotFoundError:  # of another system or Python
            continue
        kinds = [c for c in about.get_all("Classifier", []) if c.startswith("License")]
        licence = " ".join(
            [about.get("License-Expression") or "", (about.get("License") or "")[:200], *kinds]
        )
        if COPYLEFT.search(licence) and f"**{name}**" not in section:
            unnamed.append(f"{name}: {licence[:80]}")
    assert not unnamed
