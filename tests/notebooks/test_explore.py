"""Every explore notebook runs to its end on the synthetic city, shows its figures, and warns of nothing."""

from pathlib import Path

import nbformat
import papermill
import pytest

EXPLORE = sorted((Path(__file__).parents[2] / "notebooks" / "explore").glob("*.ipynb"))


@pytest.mark.parametrize("path", EXPLORE, ids=lambda path: path.stem)
def test_notebook_runs(path, tmp_path):
    done = papermill.execute_notebook(
        str(path), str(tmp_path / "out.ipynb"), progress_bar=False, cwd=str(tmp_path),
        kernel_manager_class="analysis.reporting.engine.kernels.LocalKernelManager",
    )  # fmt: skip
    cells = [cell for cell in done.cells if cell.cell_type == "code"]
    outputs = [output for cell in cells for output in cell.outputs]
    assert len(outputs) >= 8
    assert not [o["text"] for o in outputs if o.output_type == "stream" and o.name == "stderr"]
    drawing = [cell for cell in cells if "with style():" in cell.source or ".plot(" in cell.source]
    for cell in drawing:
        assert any("image/png" in o.get("data", {}) for o in cell.outputs), cell.source
    assert drawing


def test_an_explore_notebook_asks_first_and_says_last_what_was_not_learned():
    assert EXPLORE
    for path in EXPLORE:
        cells = nbformat.read(path, as_version=4).cells
        assert "**Question.**" in cells[0].source, path
        assert "study_path" in cells[1].source, path
        assert "parameters" in cells[1].metadata["tags"], path
        assert "**Learned.**" in cells[-1].source, path
        assert "**Not learned.**" in cells[-1].source, path
