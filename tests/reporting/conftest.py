import pytest

from analysis.reporting import run_city
from analysis.reporting.documents.browser import find_browser, launch_arguments
from analysis.tables import open_study


@pytest.fixture(scope="session")
def example(repository):
    return repository / "data" / "examples" / "small-city"


@pytest.fixture(scope="session")
def city(example):
    return run_city(open_study(example))


@pytest.fixture(scope="module")  # a second driver in one process is refused, so none outlives its module
def browser():
    path = find_browser()
    if path is None:
        pytest.skip("no Chromium, Chrome or Edge on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=launch_arguments())
        yield opened
        opened.close()
