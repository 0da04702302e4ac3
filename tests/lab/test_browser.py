"""JupyterLab in a real browser: the first page, the launcher, a notebook run to its end, its figures."""

import time

import nbformat
import pytest

from analysis.reporting.documents.browser import launch_arguments
from analysis.reporting.engine.linux import can_fork

pytestmark = [pytest.mark.heavy, pytest.mark.skipif(not can_fork(), reason="kernels are not forked here")]
LOCAL = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"
IDLE = '#jp-bottom-panel :text("| Idle")'


@pytest.fixture(scope="module")
def browser_arguments():
    return [*(a for a in launch_arguments() if not a.startswith("--host-resolver-rules")), LOCAL]


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
        page.goto(f"{lab.url}/lab/{path}?token={lab.token}&reset")
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
    """Run every cell and wait until the last is done; return seconds until something was shown, and all."""
    page.wait_for_selector(IDLE)
    start = time.monotonic()
    page.click('.lm-MenuBar-item:has-text("Run")')
    page.click('.lm-Menu-item[data-command="runmenu:run-all"]')
    page.wait_for_selector(".jp-OutputArea-output >> visible=true")
    first = time.monotonic() - start
    done = "[...document.querySelectorAll('.jp-InputPrompt')].every(p => !p.textContent.includes('*'))"
    page.wait_for_function(
        f"""document.querySelector('.jp-Notebook-ExecutionIndicator').dataset.status === 'idle' && {done}
        && document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')[0].textContent.includes('1')""",
        timeout=180_000,
    )
    return first, time.monotonic() - start


def seen(page):
    """What a notebook shows: widths of its figures, its errors."""
    figures = page.eval_on_selector_all(
        ".jp-OutputArea-output img", "all => all.map(i => [i.naturalWidth, i.clientWidth])"
    )
    errors = page.locator('[data-mime-type="application/vnd.jupyter.error"]').all_inner_texts()
    errors += page.locator('[data-mime-type="application/vnd.jupyter.stderr"]').all_inner_texts()
    return figures, errors


def test_the_first_page_leads_to_a_notebook(lab, visit):
    page = visit(lab, "tree/start_here.md")
    assert page.inner_text(".jp-RenderedMarkdown h1").startswith("Gongzhi 共治")
    page.click('.jp-RenderedMarkdown a:has-text("04 burden")')
    page.wait_for_selector('.lm-TabBar-tab:has-text("04_burden.ipynb")')
    page.wait_for_selector(IDLE)
    assert page.locator(".Toastify__toast").count() == 0  # no news, no question


def test_the_card_in_the_launcher_gives_a_notebook_that_is_ready(lab, visit):
    zygote = lab.zygote()
    page = visit(lab, "tree/start_here.md")
    page.keyboard.press("Control+Shift+L")
    card = page.locator('.jp-LauncherCard[data-category="Notebook"]', has_text="Gongzhi (warm)")
    picture = card.locator("img, svg").first.bounding_box()
    assert min(picture["width"], picture["height"]) >= 32
    card.click()
    page.wait_for_selector('.jp-KernelName:has-text("Gongzhi (warm)")')
    page.wait_for_selector(IDLE)
    page.click(".jp-CodeCell .cm-content")
    page.keyboard.insert_text("import matplotlib.pyplot as plt\nplt.plot([1, 2]);")
    page.keyboard.press("Shift+Enter")
    page.wait_for_selector(".jp-OutputArea-output img")
    figures, errors = seen(page)
    assert errors == []
    assert figures[0][0] >= 300
    assert zygote.children()


def test_a_notebook_runs_to_its_end_and_shows_its_figures(lab, visit):
    zygote = lab.zygote()
    page = visit(lab, "tree/explore/04_burden.ipynb")
    run_all(page)
    assert zygote.children()
    figures, errors = seen(page)
    assert errors == []
    assert len(figures) >= 2
    page.wait_for_selector(".jp-OutputArea-output .dt-container input", state="attached")  # a long table
    assert all(natural >= 300 and shown >= 200 for natural, shown in figures)
    page.keyboard.press("Control+S")
    page.wait_for_selector('#jp-bottom-panel :text("Saving completed")')
    cells = nbformat.read(lab.folder / "explore" / "04_burden.ipynb", as_version=4).cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert sum("image/png" in o.get("data", {}) for cell in code for o in cell.outputs) == len(figures)
