"""In a real kernel: `%load_ext analysis`, errors in a few lines that still fail, knobs without a window."""

import nbformat
import papermill
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from analysis.display.rich.controls import knobs
from analysis.display.rich.failures import message
from analysis.errors import ReportError, StudyError

LOAD = "%load_ext analysis\nimport analysis, pandas as pd"


@pytest.fixture(scope="module")
def session():
    sources = [
        LOAD,
        "1 / 0",
        "x = 1\nanalysis.open_study('nowhere')",
        "%tb",
        "pd.DataFrame({'share_x': [0.25] * 12})",
        "analysis.knobs(round, number=2.71828, ndigits=[('two', 2), ('none', 0)])",
        "analysis.knobs(round, number=[2.7, 3.2])",
        "analysis.knobs({'up': abs, 'same': str}, **{})",
        "%unload_ext analysis\npd.DataFrame({'x': [0.25]})",
        "analysis.open_study('nowhere')",
        "from analysis.effects import twfe\nanalysis.plot_measure(pd.DataFrame(), 'x')",
    ]
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    manager = "analysis.reporting.engine.kernels.LocalKernelManager"
    client = NotebookClient(notebook, timeout=120, allow_errors=True, kernel_manager_class=manager)
    return client.execute().cells


def error(cell):
    (found,) = [output for output in cell.outputs if output.output_type == "error"]
    return found


def test_an_error_to_be_mended_takes_a_few_lines_and_is_an_error_still(session):
    told = error(session[2])
    assert told.ename == "StudyError"
    text = "\n".join(told.traceback)
    assert len(text.splitlines()) <= 6
    for part in ("There is no such study folder.", "nowhere", "expected:", "mend:", "line 2 of this cell"):
        assert part in text, part
    assert "Traceback" not in text
    assert "check.py" not in text


def test_a_real_bug_keeps_its_traceback(session):
    text = "\n".join(error(session[1]).traceback)
    assert "ZeroDivisionError" in text
    assert "Traceback" in text


def test_the_whole_traceback_can_be_asked_for(session):
    said = "".join("".join(o.get("traceback", [o.get("text", "")])) for o in session[3].outputs)
    assert "check.py" in said


def test_after_unloading_everything_is_as_before(session):
    (frame,) = [o for o in session[8].outputs if o.output_type == "execute_result"]
    assert 'class="dataframe"' in frame.data["text/html"]
    assert "check.py" in "\n".join(error(session[9]).traceback)


def test_a_failed_cell_fails_a_run_that_nobody_watches(tmp_path):
    path, reached = tmp_path / "fails.ipynb", tmp_path / "reached"
    sources = [LOAD, "analysis.open_study('nowhere')", f"open({str(reached)!r}, 'w')"]
    nbformat.write(new_notebook(cells=[new_code_cell(source) for source in sources]), path)
    with pytest.raises(papermill.PapermillExecutionError) as failed:  # papermill runs cells by nbclient
        papermill.execute_notebook(
            str(path), str(tmp_path / "out.ipynb"), progress_bar=False, kernel_name="python3",
            kernel_manager_class="analysis.reporting.engine.kernels.LocalKernelManager",
        )  # fmt: skip
    assert failed.value.ename == "StudyError"
    assert not reached.exists()


def test_frames_show_themselves_and_bring_their_own_script(session):
    brought = "".join(o["data"]["text/html"] for o in session[0].outputs if "data" in o)
    assert "unpkg" not in brought.replace("itables.org", "").split("injectModule")[0]
    assert "ITable" in session[4].outputs[0]["data"]["text/html"]
    assert "25.0%" in session[4].outputs[0]["data"]["text/html"]


def test_knobs_without_a_window_give_the_plain_call(session):
    for at, shown, said in ((5, "2.72", "ndigits = two (2 choices)"), (6, "3", "number = 2.7 (2 choices)")):
        bundle, result = (output["data"] for output in session[at].outputs)
        assert result["text/plain"] == shown
        assert said in bundle["text/plain"]
        assert "application/vnd.jupyter.widget-view+json" in bundle


def test_a_call_that_fails_under_knobs_fails_the_cell(session):
    assert error(session[7]).ename == "TypeError"
    assert error(session[10]).ename == "ReportError"


def test_a_turned_knob_shows_the_new_result_or_the_error_in_its_place(monkeypatch):
    from analysis.display.rich import controls

    boxes, updates = {}, []
    monkeypatch.setattr(controls, "_show_boxes", lambda made, choices, turn: boxes.update(made, turn=turn))
    handle = type("Handle", (), {"update": lambda self, shown: updates.append(shown)})()
    monkeypatch.setattr(controls, "display", lambda *_, **__: handle)
    knobs(_half, of=range(2, 9, 2))
    assert [label for label, _ in boxes["of"].options] == ["2", "4", "6", "8"]
    boxes["turn"]("of", {"new": 2})
    boxes["turn"]("of", {"new": 3})
    assert updates[0] == 3
    assert "StudyError: Too much." in updates[1]


def _half(of):
    if of > 6:
        raise StudyError("Too much.")
    return of // 2


def test_nothing_to_choose_from_is_said():
    with pytest.raises(ReportError, match="nothing to choose"):
        knobs(_half, of=[])


def test_a_message_without_a_cell_is_the_error_alone():
    lines = message(StudyError, StudyError("Wrong.", where="here", mend="Right it."))
    assert [line.split("\x1b[0m")[-1].strip() for line in lines] == [
        "Wrong.",
        "where:    here",
        "mend:     Right it.",
    ]
