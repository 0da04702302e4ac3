"""Every explore notebook runs to its end on the synthetic city, and shows no warning."""

from pathlib import Path

import papermill
import pytest

EXPLORE = sorted((Path(__file__).parents[2] / "notebooks" / "explore").glob("*.ipynb"))


@pytest.mark.parametrize("path", EXPLORE, ids=lambda path: path.stem)
def test_notebook_runs(path, tmp_path):
    done = papermill.execute_notebook(
        str(path), str(tmp_path / "out.ipynb"), progress_bar=False, cwd=str(tmp_path)
    )
    outputs = [o for cell in done.cells if cell.cell_type == "code" for o in cell.outputs]
    assert len(outputs) >= 8
    assert not [o["text"] for o in outputs if o.output_type == "stream" and o.name == "stderr"]


def test_there_are_explore_notebooks():
    assert EXPLORE
