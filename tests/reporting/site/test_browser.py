"""The site in a real browser: what a reader does with it, with and without scripts."""

import csv
import time

import pytest
from axe_playwright_python.sync_playwright import Axe

from analysis.reporting.site import write_index

IDS = ["D1", "D2", "D3", "D10", "D11", "D12"]


def shown(page):
    return page.eval_on_selector_all("#table tbody tr:not([hidden])", "rows => rows.map(r => r.dataset.id)")


def sort_by(page, column):
    page.click(f'#table th[data-column="{column}"] button')
    return shown(page)


QUERIES = {
    "鹿": ["D1"], "river lu": ["D1"], "RIVERLÙ": ["D1"], "lǜ": ["D1"], "d1": ["D1", "D10", "D11", "D12"],
    "d12": ["D12"], "stone-gate": ["D2"], "白桥": ["D11"], "<b>": ["D12"], "nowhere": [], "  ": IDS,
}  # fmt: skip


def test_search(visit, made):
    page = visit(made / "index.html")
    for query, found in QUERIES.items():
        page.fill("#search", query)
        assert shown(page) == found, query
        said = f"显示{len(found)}个区，共6个" if found else "没有符合条件的区。请清除搜索或筛选条件。"
        assert page.inner_text("#status") == said
        hidden = page.eval_on_selector_all("#trends li[data-id]", "all => all.filter(li => li.hidden).length")
        assert hidden == 2 * (len(IDS) - len(found))  # the charts of both measures follow the table


def test_sort_by_every_kind_of_column(visit, made):
    page = visit(made / "index.en.html")
    # hidden (D3, D10) and unknown (D11) come last both ways
    assert sort_by(page, "consultation_answered") == ["D1", "D12", "D2", "D3", "D10", "D11"]
    head = page.locator('#table th[data-column="consultation_answered"]')
    assert head.get_attribute("aria-sort") == "ascending"
    assert "lowest first" in page.inner_text("#status")
    assert sort_by(page, "consultation_answered") == ["D2", "D1", "D12", "D3", "D10", "D11"]
    assert head.get_attribute("aria-sort") == "descending"
    assert sort_by(page, "rank")[-1] == "D12"  # has none
    assert head.get_attribute("aria-sort") is None
    assert sort_by(page, "name")[1:] == ["D10", "D3", "D1", "D2", "D11"]
    page.click("#clear")
    assert shown(page) == IDS
    assert page.locator("[aria-sort]").count() == 0


def test_sort_with_the_keyboard_alone(visit, made):
    page = visit(made / "index.en.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["x"] > 0
    page.focus('#table th[data-column="trust"] button')
    page.keyboard.press("Enter")
    assert shown(page)[0] == "D3"
    style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert style == "solid"


def test_filters(visit, made):
    page = visit(made / "index.en.html")
    page.select_option("#filter-reforms", "consultation")
    assert shown(page) == ["D1", "D2"]
    page.select_option("#filter-reforms", "!consultation")
    assert shown(page) == ["D3", "D10", "D11", "D12"]
    page.select_option("#filter-quality", "part")
    assert shown(page) == ["D3", "D10", "D11"]
    page.click("#clear")
    page.select_option("#filter-report", "failed")
    assert shown(page) == ["D2"]
    page.select_option("#filter-report", "none")
    assert shown(page) == ["D12"]


def test_open_a_report_and_see_why_one_is_missing(visit, made):
    page = visit(made / "index.html")
    failed = page.inner_text('#table tr[data-id="D2"] .failed')
    assert failed == "未生成（中文）：FileNotFoundError: …/ledger.csv <gone>"
    link = page.get_by_role("link", name="江鹿区报告（中文）： HTML")
    assert link.count() == 1
    link.click()
    assert page.title() == "D1.zh.html"


def test_language_switch_keeps_what_was_chosen(visit, made):
    page = visit(made / "index.html")
    page.fill("#search", "d1")
    sort_by(page, "trust")
    sort_by(page, "trust")
    page.select_option("#map-measure", "trust")
    page.select_option("#compare-second", "D10")
    page.click("a.language")
    page.wait_for_url("**/index.en.html#*")
    assert page.get_attribute("html", "lang") == "en"
    assert page.input_value("#search") == "d1"
    assert shown(page) == ["D10", "D11", "D1", "D12"]
    assert page.inner_text("#map-name") == "Trust (0–100)"
    assert page.input_value("#compare-second") == "D10"
    page.click("a.language")
    assert page.get_attribute("html", "lang") == "zh-CN"
    assert shown(page) == ["D10", "D11", "D1", "D12"]


def compared(page, first, second):
    page.select_option("#compare-first", first)
    page.select_option("#compare-second", second)
    rows = page.locator("#compared tbody tr").all_inner_texts()
    return [[part for cell in row.split("\t") for part in cell.split("\n") if part] for row in rows]


def test_compare_says_what_a_difference_is_worth(visit, made):
    page = visit(made / "index.en.html")
    answered, trust, rank = compared(page, "D1", "D2")
    # 100 of 200 against 120 of 150: confint_proportions_2indep(..., method="newcomb") of statsmodels 0.15
    # gives -0.38869, -0.20114
    assert answered[-3:-1] == ["−30.0 points", "−38.9 to −20.1"]
    assert answered[-1] == "larger than noise"
    # trust: ±1.96 · 1.5 each, so ±1.96 · 1.5 · √2 = ±4.16 of the difference of 3.2 between the rounded values
    assert trust[-3:] == ["+3.2", "−0.9 to +7.4", "within noise"]
    assert rank == ["Rank on the index", "1 to 2 of 5", "1 to 3 of 5", "–", "intervals overlap: within noise"]
    assert "1 larger than noise, 1 within noise" in page.inner_text("#compare-status")

    answered, _, rank = compared(page, "D1", "D10")
    assert "hidden" in answered
    assert answered[-1] == "not to be compared: unknown or hidden"
    assert rank[-1] == "intervals do not overlap"
    assert compared(page, "D1", "D1") == []
    assert page.inner_text("#compare-status") == "Choose two different districts."


def test_map_takes_the_colours_of_a_measure(visit, made):
    page = visit(made / "index.en.html")
    marks = "#map-svg g[data-id]"
    before = page.eval_on_selector_all(marks, "all => all.map(g => g.getAttribute('class'))")
    assert before == ["k0", "k4", "none", "none", "none", "k0"]  # two groups take the ends of five colours
    page.select_option("#map-measure", "trust")
    after = page.eval_on_selector_all(marks, "all => all.map(g => g.getAttribute('class'))")
    assert after == ["k1", "k0", "k0", "k4", "k3", "k1"]  # four groups, as two districts are alike
    assert page.locator("#legend li").all_inner_texts()[:2] == ["1 44.4 to 58.0", "2 61.2"]
    assert page.text_content('#map-svg g[data-id="D10"] .value') == "70.0"
    assert "Trust" in page.get_attribute("#map-svg", "aria-label")
    assert "Trust" in page.inner_text("#map-status")


@pytest.mark.parametrize(("name", "width"), [("index.html", 1280), ("index.en.html", 420)])
def test_nothing_serious_for_axe_and_nothing_wider_than_the_screen(visit, made, name, width):
    page = visit(made / name, width=width)
    found = Axe().run(page, options={"preload": False}).response["violations"]
    assert not [
        (v["id"], v["impact"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")
    ]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("#table td.number").last.scroll_into_view_if_needed()
    assert page.locator("#table tbody th").last.bounding_box()["x"] >= 0  # names stay in sight


def test_without_scripts_the_table_and_its_links_are_there(visit, made):
    page = visit(made / "index.html", scripts=False)
    assert page.locator("#table tbody tr").count() == len(IDS)
    assert page.locator('#table a[href="D1.zh.html"]').is_visible()
    assert page.locator('#table a[href="D3.en.pdf"]').is_visible()
    for selector in ("#search", "#compare", "#map-measure", "#status"):
        assert not page.locator(selector).is_visible()
    assert page.locator("#map-svg").is_visible()
    assert page.locator("#trends svg[role=img]").first.is_visible()
    assert page.locator("noscript").is_visible()
    page.click("a.language")
    assert page.get_attribute("html", "lang") == "en"
    for language in ("en", "zh"):
        page.click(f'#table a[href="D1.{language}.html"]')
        assert page.title() == f"D1.{language}.html"
        page.go_back()


def test_download_equals_the_table(visit, made):
    page = visit(made / "index.en.html")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="CSV, opens in Excel").click()
    path = waiting.value.path()
    assert path.read_bytes()[:3] == b"\xef\xbb\xbf"
    with open(path, encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        cells = page.locator(f'#table tr[data-id="{row["place_id"]}"] td').all_inner_texts()
        answered, trust = (cells[at].split("\n") for at in (2, 3))
        assert row["communities"] == cells[1]
        if row["consultation_answered_status"] == "shown":
            share = float(row["consultation_answered"])
            assert answered == [f"{share:.1%}", f"n {row['consultation_answered_n']}"]
        else:
            assert answered[0] == {"hidden": "hidden", "unknown": "–"}[row["consultation_answered_status"]]
            assert row["consultation_answered"] == ""
        assert trust == [f"{float(row['trust']):.1f}", f"n {row['trust_n']}"]
    assert [row["place_id"] for row in rows] == shown(page)


@pytest.mark.heavy
def test_five_hundred_districts_stay_quick(visit, make_city, entries, tmp_path):
    names = [(f"D{n:03d}", f"District {n}", f"第{n}区") for n in range(500)]
    values = [(0.2 + n % 97 / 150, 100 + n) for n in range(500)]
    city = make_city(names, values, [(50 + n % 31, 300) for n in range(500)])
    write_index(tmp_path, city, ("en", "zh"), entries([name[0] for name in names]))
    start = time.perf_counter()
    page = visit(tmp_path / "index.html")
    assert page.locator("#status").inner_text() == "500 of 500 districts shown"
    opened = time.perf_counter() - start
    took = page.evaluate("""() => {
        const start = performance.now();
        document.querySelector('th[data-column="trust"] button').click();
        document.body.offsetHeight;
        const sorted = performance.now();
        document.querySelector("#search").value = "District 49";
        document.querySelector("#search").dispatchEvent(new Event("input"));
        document.body.offsetHeight;
        return [sorted - start, performance.now() - sorted];
    }""")
    print(f"open {opened:.2f} s, sort {took[0]:.0f} ms, search {took[1]:.0f} ms")
    assert len(shown(page)) == 11
    assert opened < 10  # on a busy machine; about a second on an idle one
    assert max(took) < 2000
