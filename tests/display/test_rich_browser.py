"""In a browser: a saved page with tables asks no network, sorts by value, and searches."""

import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

from analysis.display.rich import extension
from analysis.display.rich.tables import show_table


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A page as a notebook saves it: what loading brought, then two tables."""
    brought = []
    shell = InteractiveShell()
    shell.kernel = None
    patch = pytest.MonkeyPatch()
    patch.setattr("IPython.display.display", lambda shown, **_: brought.append(shown.data))
    patch.setattr("itables.javascript.display", lambda shown, **_: brought.append(shown.data), raising=False)
    extension.load(shell)
    patch.undo()
    values = [float((7 * k) % 30 - 5) for k in range(30)]
    long = pd.DataFrame({"name": [f"row {k}" for k in range(30)], "value": values})
    page = tmp_path_factory.mktemp("page") / "saved.html"
    tables = show_table(long) + show_table(long.head(3), "short")
    page.write_text("<meta charset='utf-8'>" + "".join(brought) + tables, encoding="utf-8")
    return page


def test_the_page_sorts_by_value_and_searches_without_any_network(browser, saved):
    asked, page = [], browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(saved.as_uri())
    page.wait_for_selector(".dt-container")
    assert page.locator(".dt-container").count() == 1
    assert page.locator("table.dataTable tbody tr").count() == 20
    page.locator("table.dataTable thead th", has_text="value").click()
    first = page.locator("table.dataTable tbody tr").first.inner_text()
    assert first.split()[-1] == "−5"  # by text it would be −1
    page.locator(".dt-container input[type=search]").fill('"row 17"')
    assert page.locator("table.dataTable tbody tr").count() == 1
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    page.close()


def test_without_scripts_every_row_stands_there(browser, saved):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(saved.as_uri())
    assert page.locator("table").first.locator("tbody tr").count() == 30
    context.close()
