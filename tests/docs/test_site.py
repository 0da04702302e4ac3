"""The site builds without a warning, leads nowhere in vain, and needs no network."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from lxml import html

import analysis

DOCS = Path(__file__).parents[2] / "docs"
EXTERNAL = ("https://", "http://", "mailto:")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built from a copy so that nothing is written beside the sources."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(DOCS, folder / "docs", ignore=shutil.ignore_patterns("names", "__pycache__"))
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    built = subprocess.run(
        [*command, folder / "docs", folder / "out"], capture_output=True, text=True, check=False
    )
    said = built.stdout + built.stderr
    assert built.returncode == 0, f"the site does not build without warnings:\n{said[-4000:]}"
    assert "WARNING" not in said
    return folder / "out"


@pytest.fixture(scope="module")
def trees(site):
    found = (page for page in sorted(site.rglob("*.html")) if "_static" not in page.parts)
    return {page: html.parse(str(page)).getroot() for page in found}


def test_every_page_is_built_and_can_be_reached(site, trees):
    sources = {p.relative_to(DOCS).with_suffix("") for p in DOCS.rglob("*.md")}
    missing = {str(name) for name in sources if not (site / name).with_suffix(".html").is_file()}
    assert not missing
    reached, waiting = set(), [site / "index.html"]
    while waiting:
        page = waiting.pop()
        if page in reached or page not in trees:
            continue
        reached.add(page)
        body = trees[page].xpath("//article//a/@href | //nav[contains(@class, 'bd-')]//a/@href")
        waiting += [(page.parent / unquote(urlsplit(h).path)).resolve() for h in body if urlsplit(h).path]
    lost = {str(p.relative_to(site)) for p in trees} - {str(p.relative_to(site)) for p in reached}
    assert lost <= {"genindex.html", "py-modindex.html", "search.html"}, f"no page leads to {lost}"


def test_every_link_within_the_site_leads_somewhere(site, trees):
    anchors = {page: set(tree.xpath("//@id")) | set(tree.xpath("//a/@name")) for page, tree in trees.items()}
    checked = 0
    for page, tree in trees.items():
        for link in {*tree.xpath("//a/@href"), *tree.xpath("//img/@src")}:
            if link.startswith((*EXTERNAL, "data:", "javascript:")) or link == "#":
                continue
            parts = urlsplit(link)
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            assert target.exists(), f"{page.name}: {link}"
            if parts.fragment and target in anchors:
                assert unquote(parts.fragment) in anchors[target], f"{page.name}: {link}"
            checked += 1
    assert checked > 1000


def test_nothing_is_fetched_from_elsewhere(site, trees):
    for page, tree in trees.items():
        sources = tree.xpath(
            "//script/@src | //img/@src | //iframe/@src | //link[not(@rel='canonical')]/@href"
        )
        assert not [s for s in sources if s.startswith((*EXTERNAL, "//"))], page.name
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*[\"']?(https?:)?//", sheet.read_text(encoding="utf-8")), (
            sheet
        )


def test_formulas_are_mathml_and_complete(site, trees):
    formulas = [math for tree in trees.values() for math in tree.xpath("//math")]
    assert len(formulas) > 150
    for page, tree in trees.items():
        assert "$$" not in "".join(tree.xpath("//article//p//text()")), page.name


def test_every_public_name_is_in_the_reference(site, trees):
    listed = re.findall(r"^   (\w+)$", (DOCS / "api" / "index.md").read_text(encoding="utf-8"), re.M)
    assert sorted(listed) == sorted(set(analysis.__all__) - {"__version__"})
    for name in listed:
        tree = trees[site / "api" / "names" / f"analysis.{name}.html"]
        assert f"analysis.{name}" in tree.xpath("//dt/@id"), name
        text = " ".join(tree.xpath("//article//text()"))
        assert len(text) > 200, name


def test_chinese_pages_say_that_they_are_chinese(site, trees):
    for page, tree in trees.items():
        expected = "zh-CN" if page.parent.name == "zh" else "en"
        assert tree.get("lang") == expected, page


@pytest.fixture
def visit(browser):
    """Open a page; afterwards: nothing was asked of the network, and nothing went wrong in the console."""
    context, asked, said = browser.new_context(), [], []

    def go(path, query=""):
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(path.as_uri() + query)
        return page

    yield go
    context.close()
    assert asked
    assert not [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
    assert not said


@pytest.mark.parametrize("name", ["index", "zh/index", "methods/estimators", "api/names/analysis.att_gt"])
def test_pages_open_from_disk_without_network(site, visit, name):
    page = visit(site / f"{name}.html")
    assert page.locator("h1").first.is_visible()
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0


@pytest.mark.parametrize(
    ("words", "page"),
    [
        ("staggered", "methods/estimators.html"), ("社区减负", "glossary.html"),
        ("协商", "zh/first-hour.html"), ("att_gt", "api/names/analysis.att_gt.html"),
    ],
)  # fmt: skip
def test_search_works_from_disk_in_both_languages(site, visit, words, page):
    found = visit(site / "search.html", f"?q={words}")
    found.wait_for_selector("#search-results li a", timeout=20_000)
    found.wait_for_function("!document.querySelector('#search-progress')?.textContent.includes('Searching')")
    links = found.eval_on_selector_all("#search-results li a", "all => all.map(a => a.getAttribute('href'))")
    assert any(link.split("?")[0].split("#")[0] == page for link in links), links


def test_methods_pages_have_their_shape():
    """Every section on an estimator or a family has source, assumption, example and known limits."""
    from analysis.networks import INDICATORS

    folder, headings = DOCS / "methods", set()
    for name in ("estimators", "designs", "checks", "network-families", "processes", "burden"):
        text = (folder / f"{name}.md").read_text(encoding="utf-8")
        for section in re.split(r"^## ", text, flags=re.M)[1:]:
            title = section.splitlines()[0]
            headings |= set(re.split(r" and |, ", title)) | {title.lower()}
            if title in ("run_checks", "compare", "Against a target list"):
                continue
            for part in ("**Source**", "**Assumption**", "**Known limits**", "```python"):
                assert part in section, f"{name}.md, {title}: {part}"
    families = {entry.family for entry in INDICATORS.values()}
    assert families <= headings, families - headings
    import analysis.effects as effects

    passive = {"specifications", "clean_controls", "mediation_sensitivity"}  # told with those they belong to
    wanted = {name for name in effects.__all__ if name[0].islower()} - passive
    assert wanted <= headings, wanted - headings


def test_glossary_is_sorted_and_says_the_same_in_both_orders():
    text = (DOCS / "glossary.md").read_text(encoding="utf-8")
    terms = re.search(r"```{glossary}\n(.*?)```", text, re.S)[1].strip()
    terms = re.split(r"\n\n(?=\S)", terms)
    english = [entry.splitlines()[0] for entry in terms]
    chinese = [entry.splitlines()[1] for entry in terms]
    assert len(terms) >= 60
    assert english == sorted(english, key=str.lower)
    assert len({*english, *chinese}) == 2 * len(terms)
    for entry in terms:
        assert len(entry.splitlines()) == 5, entry
        assert re.search("[\u4e00-\u9fff].*（[a-zü āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ,-]+）$", entry.splitlines()[4]), (
            entry
        )
    pairs = re.findall(r"^\| {term}`(.+?)` \| (.+?) \| {term}`(.+?)` \|$", text, re.M)
    assert {(zh, en) for zh, _, en in pairs} == set(zip(chinese, english, strict=True))
