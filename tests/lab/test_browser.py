"""JupyterLab in a real browser: the first page, the launcher, a notebook run to its end, its figures."""

import os
import time

import pytest

from analysis.reporting.documents.browser import find_browser, font_environment, launch_arguments
from analysis.reporting.engine.linux import can_fork

pytestmark = [pytest.mark.heavy, pytest.mark.skipif(not can_fork(), reason="kernels are not forked here")]
LOCAL = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"


@pytest.fixture(scope="module")  # a second driver in one process is refused, so none outlives its module
def browser(tmp_path_factory):
    path = find_browser()
    if path is None:
        pytest.skip("no Chromium, Chrome or Edge on this machine")
    from playwright.sync_api import sync_playwright

    arguments = [a for a in launch_arguments() if not a.startswith("--host-resolver-rules")]
    fonts = font_environment(str(tmp_path_factory.mktemp("fonts")))
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=[*arguments, LOCAL], env=fonts)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def lab(open_lab):
    opened = open_lab()
    yield opened
    assert opened.stop() == []
    assert opened.watched.read_text()
    assert opened.strangers() == set()


@pytest.fixture
def visit(browser):
    """Open JupyterLab; afterwards: nothing was asked but of this machine, no error in the console."""
    contexts, asked, said = [], [], []

    def go(lab, path):
        contexts.append(browser.new_context(viewport={"width": 1400, "height": 900}))
        page = contexts[-1].new_page()
        page.set_default_timeout(60_000)
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda socket: asked.append(socket.url.replace("ws:", "http:")))
        page.on("console", lambda message: message.type == "error" and said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"{lab.url}/lab/{path}?token={lab.token}")
        page.wait_for_selector("#jp-main-dock-panel .lm-TabBar-tab")
        return page

    yield go
    for context in contexts:
        context.close()
    assert asked
    local = ("http://127.0.0.1:", "data:", "blob:")
    assert not [url for url in asked if not url.startswith(local)]
    assert not said


def run_all(page):
    """Run every cell; return seconds until something was shown, and until all was done."""
    page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status="idle"]')
    start = time.monotonic()
    page.click('.lm-MenuBar-item:has-text("Run")')
    page.click('.lm-Menu-item[data-command="runmenu:run-all"]')
    page.wait_for_selector(".jp-OutputArea-output")
    first = time.monotonic() - start
    done = "[...document.querySelectorAll('.jp-InputPrompt')].every(p => !p.textContent.includes('*'))"
    page.wait_for_function(
        f"""document.querySelector('.jp-Notebook-ExecutionIndicator').dataset.status === 'idle' && {done}
        && document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')[0].textContent.includes('1')""",
        timeout=180_000,
    )
    return first, time.monotonic() - start


def seen(page):
    """What a notebook shows: sizes of its figures, its errors, how many code cells were run."""
    figures = page.eval_on_selector_all(
        ".jp-OutputArea-output img", "all => all.map(i => [i.naturalWidth, i.clientWidth, i.alt])"
    )
    errors = page.locator('[data-mime-type="application/vnd.jupyter.error"]').all_inner_texts()
    errors += page.locator('[data-mime-type="application/vnd.jupyter.stderr"]').all_inner_texts()
    return figures, errors


def test_the_first_page_leads_to_a_notebook_and_the_launcher_has_the_card(lab, visit):
    page = visit(lab, "tree/start_here.md")
    assert page.inner_text(".jp-RenderedMarkdown h1").startswith("Gongzhi 共治")
    page.keyboard.press("Control+Shift+L")
    card = page.locator('.jp-LauncherCard[title*="Gongzhi"]').first
    picture = card.locator("img, svg").first.bounding_box()
    assert min(picture["width"], picture["height"]) >= 32
    assert page.locator(".jp-toast, .Toastify__toast").count() == 0
    page.click('.lm-TabBar-tab:has-text("start_here")')
    page.click('.jp-RenderedMarkdown a:has-text("04 burden")')
    page.wait_for_selector('.lm-TabBar-tab:has-text("04_burden.ipynb")')


@pytest.mark.parametrize("kernel", ["python3", "Gongzhi (warm)"])
def test_a_notebook_runs_to_its_end_and_shows_its_figures(lab, visit, kernel):
    zygote = lab.zygote()
    page = visit(lab, "tree/explore/04_burden.ipynb")
    if kernel != "python3":
        page.click(".jp-KernelName")
        page.select_option(".jp-Dialog select", label=kernel)
        page.click(".jp-Dialog .jp-mod-accept")
        page.wait_for_selector(f'.jp-KernelName:has-text("{kernel}")')
    run_all(page)
    assert len(zygote.children()) >= 1
    figures, errors = seen(page)
    assert errors == []
    assert len(figures) >= 2
    assert all(natural >= 300 and shown >= 200 for natural, shown, _ in figures)
    cells = page.locator(".jp-CodeCell:has(.cm-line)").count()
    assert cells >= 5
    page.keyboard.press("Control+S")
