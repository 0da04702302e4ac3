"""How fast reports are made: side by side with stock papermill, nbconvert and no notebook at all."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from analysis.tables.share import shared

TEMPLATE = "notebooks/reports/district_report.ipynb"
HERE = "analysis.reporting.bench"
COMMUNITIES, MONTHS = 4, 24
SIDES = ("stock", "command", "nbconvert", "ours", "page", "floor")
QUIET = {"progress_bar": False, "log_output": False, "autosave_cell_every": 0}


def main(districts: int = 6) -> dict[str, object]:
    """Measure, print one JSON object as the last line, and return it.

    Returns
    -------
    dict
        cpu_vs_papermill, the CPU seconds of a district's notebook run by stock papermill / by the engine
        gongzhi; cpu_vs_floor, those of the engine / of a plain forked function that does the same work
        without a notebook; html_vs_papermill_nbconvert, those of the commands papermill and nbconvert, one
        after the other / of the engine and our page; provisioner_first_result_vs_cold, seconds from starting
        a kernel to a first figure and table, cold / warm; resume_speedup, seconds of a whole run / of the
        same run resumed; outputs_equal, whether every notebook of the engine equals that of stock but for
        times. And what they rest on: CPU seconds per report, of the warm-up, the first ratio for the command
        papermill (which imports papermill anew for each report) and with the warm-up shared out among the
        districts, and CPU seconds of the kernels up to their first result.

    Notes
    -----
    A synthetic city, districts of four communities over two years. Each district is a round in which all
    sides take turns, in another order each time; medians. What is forked runs one after the other, after one
    fork that is not counted, as in a batch: a warmed process that lay idle for long may have to fetch its
    memory first. What all reports share has been drawn before. CPU seconds with all children; that of stock
    counts its kernel and the work of papermill, not the import of papermill, which one process does for all.
    """
    from analysis.reporting.engine.starts import first_results

    with tempfile.TemporaryDirectory(prefix="gongzhi-bench-") as folder:
        result = _measure(Path(folder), districts)
        result |= _rounded(first_results())
        result |= _resume(Path(folder), districts)
    print(json.dumps(result))
    return result


def _measure(folder: Path, districts: int) -> dict[str, object]:
    import psutil

    from analysis.reporting.engine import Zygote

    city, names = _city(folder, districts)
    stock = _Stock()
    rounds: dict[str, list[float]] = {side: [] for side in SIDES}
    equal = []
    with Zygote() as zygote:
        zygote.ready(600)
        warm_up = sum(psutil.Process(zygote.pid).cpu_times()[:2])
        for side in ("page", "floor"):  # not counted: draws what all reports of a run share
            _forked(zygote, side, _argument(folder, city, names[0]))
        for number, name in enumerate(names):
            argument = _argument(folder, city, name)
            seen = {}
            for kind in _turned(["forked", "stock", "command"], number):
                if kind != "forked":
                    seen[kind] = stock.run(argument) if kind == "stock" else _command(argument)
                    continue
                _forked(zygote, "floor", argument)  # not counted: in a batch a report has just been made
                for side in _turned(["ours", "page", "floor"], number):
                    seen[side] = _forked(zygote, side, argument)
            seen["nbconvert"] = _nbconvert(argument)  # of what stock has written
            equal.append(_plain(Path(argument["ours"])) == _plain(Path(argument["stock"])))
            for side, seconds in seen.items():
                rounds[side].append(seconds)
            _say(f"{name}: {_rounded(seen)}")
    return _ratios(rounds, warm_up) | {"districts": districts, "outputs_equal": all(equal)}


def _turned(sides: list[str], number: int) -> list[str]:
    """Return the sides in another order each round."""
    at = number % len(sides)
    return sides[at:] + sides[:at]


def _ratios(rounds: dict[str, list[float]], warm_up: float) -> dict[str, float]:
    each = {side: statistics.median(seconds) for side, seconds in rounds.items()}
    share = warm_up / len(rounds["ours"])
    html = each["command"] + each["nbconvert"]
    return _rounded(
        {
            "cpu_vs_papermill": each["stock"] / each["ours"],
            "cpu_vs_floor": each["ours"] / each["floor"],
            "html_vs_papermill_nbconvert": html / each["page"],
            "cpu_vs_papermill_command": each["command"] / each["ours"],
            "cpu_vs_papermill_with_warm_up": each["stock"] / (each["ours"] + share),
            "stock_cpu_s": each["stock"],
            "papermill_command_cpu_s": each["command"],
            "nbconvert_cpu_s": each["nbconvert"],
            "ours_cpu_s": each["ours"],
            "ours_with_page_cpu_s": each["page"],
            "floor_cpu_s": each["floor"],
            "warm_up_cpu_s": warm_up,
        }
    )


def _city(folder: Path, districts: int) -> tuple[Path, list[str]]:
    from analysis.reporting.city import run_city
    from analysis.simulate import simulate_city, write_city
    from analysis.tables import open_study

    write_city(simulate_city(districts, COMMUNITIES, MONTHS, 7), folder / "study")
    study = open_study(folder / "study")
    run_city(study).write(folder / "city")
    return folder / "city", study.districts


def _argument(folder: Path, city: Path, district: str) -> dict[str, object]:
    template = shared(TEMPLATE)
    return {
        "template": str(template), "folder": str(template.parent),
        "parameters": {"city": str(city), "district": district, "language": "zh"},
        "ours": str(folder / f"{district}.ours.ipynb"), "stock": str(folder / f"{district}.stock.ipynb"),
        "command": str(folder / f"{district}.command.ipynb"), "page": str(folder / f"{district}.html"),
    }  # fmt: skip


def _forked(zygote, side: str, argument: dict[str, object]) -> float:
    """Return the CPU seconds of a call in a process forked for it."""
    pid = zygote.start(f"{HERE}:run_{side}", argument)
    ended = []
    while not ended:
        ended = zygote.wait(60)
    if (ended[0].pid, ended[0].status) != (pid, 0):
        raise RuntimeError(f"the side {side} failed with status {ended[0].status}")
    return ended[0].cpu_seconds


def run_ours(argument: dict) -> None:
    """Run the notebook with the engine gongzhi."""
    _papermill(argument, argument["ours"], engine_name="gongzhi", request_save_on_cell_execute=False)


def run_page(argument: dict) -> None:
    """Run the notebook with the engine gongzhi, and make the page."""
    from analysis.reporting.documents import page_html

    run_ours(argument)
    page = page_html(Path(argument["ours"]), title="", language="zh")
    Path(argument["page"]).write_text(page, encoding="utf-8")


def run_floor(argument: dict) -> None:
    """Do what the notebook's cells do, up to the HTML of each result, without any notebook."""
    import ast

    os.chdir(argument["folder"])
    cells = json.loads(Path(argument["template"]).read_text(encoding="utf-8"))["cells"]
    names: dict[str, object] = {}
    for cell in cells:
        if cell["cell_type"] != "code":
            continue
        tree = ast.parse("".join(cell["source"]))
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "cell", "exec"), names)
        value = eval(compile(ast.Expression(last.value), "cell", "eval"), names) if last else None
        if hasattr(value, "_repr_html_"):
            value._repr_html_()
        if "parameters" in cell["metadata"].get("tags", []):
            names |= argument["parameters"]


def _papermill(argument: dict, out: str, **options: object) -> None:
    import papermill

    papermill.execute_notebook(
        argument["template"],
        out,
        parameters=argument["parameters"],
        cwd=argument["folder"],
        **QUIET,
        **options,
    )


class _Stock:
    """Stock papermill in this process, which has imported it already."""

    def __init__(self) -> None:
        import papermill  # noqa: F401

    def run(self, argument: dict) -> float:
        with _Spent() as spent:
            _papermill(argument, argument["stock"], extra_arguments=["--log-level=50"])
        return spent.seconds


def _command(argument: dict) -> float:
    parameters = [part for name, value in argument["parameters"].items() for part in ("-r", name, value)]
    return _ran(
        "papermill", argument["template"], argument["command"], "--cwd", argument["folder"],
        "--no-progress-bar", "--log-level", "ERROR", *parameters,
    )  # fmt: skip


def _nbconvert(argument: dict) -> float:
    return _ran("nbconvert", "--to", "html", "--log-level", "ERROR", argument["stock"])


def _ran(*command: str) -> float:
    """Return the CPU seconds of a Python command."""
    with _Spent() as spent:
        subprocess.run([sys.executable, "-m", *command], check=True, capture_output=True)
    return spent.seconds


class _Spent:
    """The CPU seconds of this process and of children that ended, while inside."""

    def __enter__(self) -> _Spent:
        self._before = sum(os.times()[:4])
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = sum(os.times()[:4]) - self._before


def _plain(path: Path) -> list:
    """Return the cells of a notebook without times and the ids that papermill draws."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    for cell in cells:
        cell.pop("id", None)
        for name in ("start_time", "end_time", "duration"):
            cell["metadata"].get("papermill", {}).pop(name, None)
        cell["metadata"].pop("execution", None)
    return cells


def _resume(folder: Path, districts: int) -> dict[str, float]:
    from analysis.reporting.batch import report_study

    seconds = []
    for resume in (False, True):
        start = time.perf_counter()
        report_study(folder / "study", folder / "run", languages=("zh",), resume=resume)
        seconds.append(time.perf_counter() - start)
    shutil.rmtree(folder / "run")
    return _rounded({"resume_speedup": seconds[0] / seconds[1], "run_s": seconds[0], "resumed_s": seconds[1]})


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: float(f"{value:.3g}") for name, value in values.items()}


def _say(line: str) -> None:
    print(line, file=sys.stderr)
