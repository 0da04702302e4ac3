"""Every explore notebook runs to its end, on the synthetic city and on other studies, and shows itself."""

import re
from pathlib import Path

import nbformat
import papermill
import pytest

EXPLORE = sorted((Path(__file__).parents[2] / "notebooks" / "explore").glob("*.ipynb"))


# what would make a saved page ask a network: addresses to load, not to click
LOADED = re.compile(
    r"""(?:\bsrc|<link[^>]*href)\s*=\s*["']?https?:|from\s*["']https?:|@import|url\(["']?https?:"""
)


def execute(path, folder, **parameters):
    """Run a notebook and return it; its cells warned of nothing."""
    done = papermill.execute_notebook(
        str(path), str(folder / "out.ipynb"), parameters, progress_bar=False, cwd=str(folder),
        kernel_manager_class="analysis.reporting.engine.kernels.LocalKernelManager",
    )  # fmt: skip
    outputs = [output for cell in done.cells for output in cell.get("outputs", [])]
    assert not [o["text"] for o in outputs if o.output_type == "stream" and o.name == "stderr"]
    return done, outputs


@pytest.mark.parametrize("path", EXPLORE, ids=lambda path: path.stem)
def test_notebook_runs(path, tmp_path):
    done, outputs = execute(path, tmp_path)
    cells = [cell for cell in done.cells if cell.cell_type == "code"]
    assert len(outputs) >= 8
    drawing = [cell for cell in cells if "with style():" in cell.source or ".plot(" in cell.source]
    for cell in drawing:
        assert any("image/png" in o.get("data", {}) for o in cell.outputs), cell.source
    assert any("image/png" in o.get("data", {}) for o in outputs)
    pages = [o["data"]["text/html"] for o in outputs if "text/html" in o.get("data", {})]
    assert sum("gongzhi" in page for page in pages) >= 3
    for page in pages:
        assert not LOADED.search(page), page[:200]


@pytest.mark.slow
@pytest.mark.parametrize("path", EXPLORE, ids=lambda path: path.stem)
@pytest.mark.parametrize("study", ["simulated", "example"])
def test_notebook_runs_on_any_study_by_one_parameter(path, study, tmp_path):
    from analysis import example_study, simulate_city, write_city

    city = simulate_city(2, 4, 24, seed=11)
    folder = write_city(city, tmp_path / "study") if study == "simulated" else example_study()
    execute(path, tmp_path, study_path=str(folder))


@pytest.mark.parametrize("path", EXPLORE, ids=lambda path: path.stem)
def test_knobs_stand_beside_the_plain_call(path):
    cells = nbformat.read(path, as_version=4).cells
    for at, cell in enumerate(cells):
        if cell.cell_type == "code" and re.search(r"^knobs\(", cell.source, re.M):
            said = cells[at - 1].source + "".join(re.findall("^# .*", cell.source, re.M))
            assert re.search(r"\w+\(.*\)", said), cell.source
        assert "ipywidgets" not in cell.source, "knobs() stands for widgets here"


def test_an_explore_notebook_asks_first_and_says_last_what_was_not_learned():
    assert EXPLORE
    for path in EXPLORE:
        cells = nbformat.read(path, as_version=4).cells
        assert "**Question.**" in cells[0].source, path
        assert "study_path" in cells[1].source, path
        assert "parameters" in cells[1].metadata["tags"], path
        assert "**Learned.**" in cells[-1].source, path
        assert "**Not learned.**" in cells[-1].source, path
