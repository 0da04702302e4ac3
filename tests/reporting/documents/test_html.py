"""Pages stand alone, name their language, and can be read by everybody, also on a telephone."""

import re

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from analysis.reporting.documents import page_html
from analysis.reporting.documents.html import page


def test_page_needs_no_network_and_describes_its_figures(whole_pages):
    for language, path in whole_pages.items():
        content = path.read_text(encoding="utf-8")
        assert f'<html lang="{"zh-CN" if language == "zh" else "en"}">' in content
        addresses = re.findall(r'(?:src|href)="([^"]*)"', content)
        assert addresses
        assert all(a.startswith(("data:image/png;base64,", "#")) for a in addresses)
        assert "url(" not in content
        assert "@import" not in content
        assert "<script" not in content
        alts = re.findall(r'<img[^>]* alt="([^"]*)"', content)
        assert len(alts) == content.count("<img") == 1
        assert "10.0%" in alts[0]
        assert "40.0%" in alts[0]
        assert ("2021年1月" if language == "zh" else "January 2021") in alts[0]


def test_tables_have_captions_scopes_and_regions_that_a_keyboard_reaches(whole_pages):
    content = whole_pages["zh"].read_text(encoding="utf-8")
    tables = re.findall(r"<table.*?</table>", content, re.DOTALL)
    assert len(tables) == content.count('<div class="scroll" role="region" tabindex="0" aria-label="表') == 2
    for one in tables:
        assert "<caption>表" in one
        assert "<thead>" in one
        assert all('scope="' in head for head in re.findall(r"<th\b[^>]*>", one))
    assert '<a href="#s2">2  一节</a>' in content


def test_notebook_gives_outputs_without_code_prompts_or_empty_cells(tmp_path):
    html = '<table border="1"><tr><th>a</th></tr></table>'
    output = new_output("display_data", {"text/html": html, "text/plain": "t"})
    cells = [
        new_markdown_cell("# secret", metadata={"tags": ["remove_cell"]}),
        new_markdown_cell("Kept words"),
        new_code_cell("shown = 1", outputs=[output], execution_count=3),
        new_code_cell("nothing = 2"),
    ]
    path = tmp_path / "n.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    content = page_html(path, title="A <b> & c", language="en")
    assert "Kept words" in content
    assert html in content
    assert '<div class="scroll" role="region" tabindex="0" aria-label="Table">' in content
    for unwanted in ("secret", "shown", "nothing", "In [", "Out[", "https://", "MathJax"):
        assert unwanted not in content
    assert "<title>A &lt;b&gt; &amp; c</title>" in content


def test_no_serious_finding_of_axe_at_either_width(whole_pages, browser):
    from axe_playwright_python.sync_playwright import Axe

    for path in whole_pages.values():
        for width in (1280, 420):
            sheet = browser.new_page(viewport={"width": width, "height": 800})
            asked = []
            sheet.on("request", lambda request, asked=asked: asked.append(request.url))
            sheet.goto(path.as_uri())
            found = Axe().run(sheet).response["violations"]
            assert [f["id"] for f in found if f["impact"] in ("serious", "critical")] == []
            assert sheet.evaluate("document.documentElement.scrollWidth") <= width
            assert all(url.startswith(("file:", "data:")) for url in asked)
            sheet.close()


def test_the_name_of_a_table_cannot_end_its_attribute():
    table = '<table><caption>Who &lt;voted&gt;: " onmouseover="alert(1)</caption><tr><td>1</td></tr></table>'
    made = page(table, title="t", language="en")
    assert 'aria-label="Who &lt;voted&gt;: &quot; onmouseover=&quot;alert(1)"' in made
