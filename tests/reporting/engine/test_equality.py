"""A notebook in the shell of a forked process gives what stock papermill gives, but for times."""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time

import nbformat
import papermill
import pytest
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError
from torture import cells, comparable, notebook

from analysis.reporting.engine import apart, can_fork
from analysis.reporting.engine.processes import Zygote

pytestmark = pytest.mark.skipif(not can_fork(), reason="forking is not safe on this system")
QUIET = {"extra_arguments": ["--log-level=50"]}


@pytest.fixture(scope="module", autouse=True)
def _zygote():
    """One warmed process for all tests here; kernels don't capture descriptors where pytest says it runs."""
    with (
        pytest.MonkeyPatch.context() as patch,
        Zygote("analysis.reporting.engine.warm:warm_kernel") as zygote,
    ):
        patch.setattr(apart, "_zygote", lambda: zygote)
        yield zygote


@pytest.fixture(autouse=True)
def _as_outside_pytest(monkeypatch):
    monkeypatch.delenv("PYTEST_CURRENT_TEST", raising=False)


def run(folder, sources, engine="gongzhi", **options):
    """Run a notebook; return where its result is, and what was raised."""
    path, out = folder / "in.ipynb", folder / f"{engine}.ipynb"
    nbformat.write(sources if isinstance(sources, dict) else notebook(sources), path)
    options = {"progress_bar": False, "cwd": folder, **QUIET, **options}
    if engine == "stock":  # parallel tests cannot take one another's ports
        options["kernel_manager_class"] = "analysis.reporting.engine.kernels.LocalKernelManager"
    try:
        papermill.execute_notebook(path, out, engine_name=None if engine == "stock" else engine, **options)
    except Exception as problem:
        return out, problem
    return out, None


def outputs(path):
    return [c.get("outputs") for c in nbformat.read(path, as_version=4).cells]


def text(path):
    """All text that cells printed or gave back."""
    found = [o for cell in outputs(path) for o in cell or ()]
    return "".join(o.get("text", "") or o.get("data", {}).get("text/plain", "") for o in found)


def _now(path):
    """Return the text of a notebook that is being written."""
    try:
        return text(path)
    except (OSError, nbformat.reader.NotJSONError):
        return ""


def assert_equal(ours, stock):
    ours, stock = comparable(ours), comparable(stock)
    assert len(ours["cells"]) == len(stock["cells"])
    for mine, theirs in zip(ours["cells"], stock["cells"], strict=True):
        assert mine == theirs
    assert ours == stock


def test_everything_a_cell_can_put_out(tmp_path):
    parameters = {"parameters": {"district": "D02"}}
    ours, my_problem = run(tmp_path, cells(), **parameters)
    stock, their_problem = run(tmp_path, cells(), "stock", **parameters)
    assert type(my_problem) is type(their_problem) is PapermillExecutionError  # an error that was allowed
    assert str(my_problem) == str(their_problem)
    assert_equal(ours, stock)
    kinds = {o["output_type"] for cell in outputs(ours) for o in cell or ()}
    assert kinds == {"stream", "display_data", "execute_result", "error"}
    pictures = [o for cell in outputs(ours) for o in cell or () if "image/png" in o.get("data", {})]
    assert len(pictures) == 6


@pytest.mark.heavy
def test_every_template(tmp_path, city, repository):
    city.write(tmp_path / "city")
    templates = sorted((repository / "notebooks" / "reports").glob("*.ipynb"))
    assert templates
    pictures = 0
    for number, template in enumerate(templates):
        folder = tmp_path / str(number)
        folder.mkdir()
        for language in ("zh", "en"):
            here = str(tmp_path / "city")
            parameters = {"city": here, "old": here, "new": here, "language": language}
            made = nbformat.read(template, as_version=4)
            known = "".join(c.source for c in made.cells if "parameters" in c.metadata.get("tags", []))
            parameters = {name: value for name, value in parameters.items() if f"{name} = " in known}
            results = [run(folder, made, engine, parameters=parameters) for engine in ("gongzhi", "stock")]
            assert [problem for _, problem in results] == [None, None]
            assert_equal(results[0][0], results[1][0])
            pictures += json.dumps(outputs(results[0][0])).count("<img")
    assert pictures > 10


@pytest.mark.heavy
def test_a_cell_that_fails_ends_the_notebook_as_in_stock(tmp_path):
    sources = [("print(1)", ""), ("1 / 0", ""), ("print(2)", "")]
    ours, my_problem = run(tmp_path, sources)
    stock, their_problem = run(tmp_path, sources, "stock")
    assert str(my_problem) == str(their_problem)
    assert my_problem.ename == "ZeroDivisionError"
    assert_equal(ours, stock)


@pytest.mark.parametrize("code", ["import sys; sys.exit()", "import sys; sys.exit(0)", "exit()", "quit"])
def test_a_cell_that_ends_the_notebook_is_a_failure(tmp_path, code):
    out, problem = run(tmp_path, [("1", ""), (code, ""), ("2", "")])
    assert isinstance(problem, PapermillExecutionError)
    assert problem.exec_count == 2
    status = [c.metadata.papermill.status for c in nbformat.read(out, as_version=4).cells]
    assert status == ["completed", "failed", "pending"]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os; os._exit(0)", "exit code 0"), ("import os; os._exit(5)", "exit code 5"),
        ("import os; os.kill(os.getpid(), 9)", "SIGKILL"), ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
    ],
)  # fmt: skip
def test_a_process_that_dies_in_a_cell(tmp_path, code, said):
    out, problem = run(tmp_path, [("1", ""), (code, ""), ("2", "")])
    assert isinstance(problem, DeadKernelError)
    assert said in str(problem)
    status = [c.metadata.papermill.status for c in nbformat.read(out, as_version=4).cells]
    assert status == ["completed", "failed", "pending"]


@pytest.mark.parametrize(
    "code", ["import time\ntime.sleep(60)", "while True: pass", "import asyncio\nawait asyncio.sleep(60)"]
)
def test_a_cell_that_takes_too_long(tmp_path, code):
    start = time.monotonic()
    out, problem = run(tmp_path, [("1", ""), (code, "")], execution_timeout=1)
    assert isinstance(problem, CellTimeoutError)
    assert "after 1 seconds" in str(problem)
    assert time.monotonic() - start < 15
    assert nbformat.read(out, as_version=4).cells[1].metadata.papermill.status == "failed"


@pytest.mark.heavy
def test_all_errors_allowed(tmp_path):
    sources = [("1 / 0", ""), ("print('on')", "")]
    ours, _ = run(tmp_path, sources, allow_errors=True)
    stock, _ = run(tmp_path, sources, "stock", allow_errors=True)
    assert_equal(ours, stock)
    assert "on" in text(ours)


LEAK = """
import locale, os, random, sys, warnings
import matplotlib as mpl, matplotlib.pyplot as plt, numpy as np, pandas as pd
"""
SPOIL = (
    LEAK
    + """
import statistics
mpl.rcParams['figure.dpi'] = 7; plt.figure()
os.environ['LEAKED'] = '1'; os.environ['HOME'] = '/nowhere'; os.chdir('/')
pd.set_option('display.max_rows', 3); np.set_printoptions(precision=1)
random.seed(1); np.random.seed(1)
statistics.mean = None; pd.DataFrame.to_html = None; sys.modules['leaked'] = sys
sys.path.append('/leaked'); warnings.simplefilter('error'); os.umask(0o777)
locale.setlocale(locale.LC_ALL, 'C'); kept = open(os.devnull)
import builtins; builtins.leaked = 1; import decimal; decimal.getcontext().prec = 3
import threading; threading.Thread(target=__import__('time').sleep, args=(60,), daemon=True).start()
sys.setrecursionlimit(500); os.nice(1)
"""
)
LOOK = (
    LEAK
    + """
import decimal, json, statistics, threading
found = dict(
    dpi=mpl.rcParams['figure.dpi'], figures=plt.get_fignums(), environment=sorted(os.environ.items()),
    folder=os.getcwd(), rows=pd.get_option('display.max_rows'), precision=np.get_printoptions()['precision'],
    html=callable(pd.DataFrame.to_html), mean=callable(statistics.mean),
    modules='leaked' in sys.modules, path=sys.path,
    filters=[str(f) for f in warnings.filters], locale=locale.setlocale(locale.LC_ALL),
    builtins='leaked' in dir(__builtins__),
    names=sorted(set(dir()) - {'found'}), decimal=decimal.getcontext().prec, limit=sys.getrecursionlimit(),
    files=len(os.listdir('/proc/self/fd')), nice=os.nice(0), mask=os.umask(0o22),
    threads=sorted(t.name.split('-')[0] for t in threading.enumerate()),
)
print(json.dumps(found))
"""
)


def test_nothing_passes_from_one_report_to_the_next(tmp_path):
    before, problem = run(tmp_path, [(LOOK, "")])
    assert problem is None
    before = json.loads(text(before))
    _, problem = run(tmp_path, [(SPOIL, "")])
    assert problem is None
    after, problem = run(tmp_path, [(LOOK, "")])
    assert problem is None
    assert json.loads(text(after)) == before
    assert before["html"]
    assert before["folder"] == str(tmp_path)


@pytest.mark.heavy
def test_what_a_notebook_finds_is_what_it_finds_in_stock(tmp_path):
    found = [json.loads(text(run(tmp_path, [(LOOK, "")], engine)[0])) for engine in ("gongzhi", "stock")]
    for about in found:
        about["environment"] = {
            name for name, _ in about["environment"] if not name.startswith(("JPY_", "JUPYTER", "PYDEVD"))
        }
        # the sockets of a kernel of its own; the filters that libraries set when they are imported
        for name in ("files", "threads", "filters"):
            del about[name]
    assert found[0] == found[1]


def test_random_numbers_differ_from_report_to_report(tmp_path):
    code = "import random, numpy as np; print(random.random(), np.random.rand())"
    drawn = [text(run(tmp_path, [(code, "")])[0]).split() for _ in range(2)]
    assert drawn[0][0] != drawn[1][0]
    assert drawn[0][1] != drawn[1][1]


def test_what_is_printed_can_be_logged(tmp_path, caplog):
    with caplog.at_level(logging.INFO, logger="papermill"):
        _, problem = run(tmp_path, [("print('共治')\n6 * 7", "")], log_output=True)
    assert problem is None
    assert "共治" in caplog.text
    assert "42" in caplog.text
    with (tmp_path / "said").open("w") as said:
        run(tmp_path, [("print('共治')", "")], stdout_file=said)
    assert (tmp_path / "said").read_text() == "共治\n"


@pytest.mark.heavy
def test_several_at_a_time_from_threads(tmp_path):
    results = {}

    def one(name):
        (tmp_path / name).mkdir()
        results[name] = text(
            run(
                tmp_path / name,
                [(f"import os\nprint(os.path.basename(os.getcwd()), '{name}')", "")],
                cwd=None,
            )[0]
        )

    threads = [threading.Thread(target=one, args=(f"n{i}",)) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(result.split()[1] == name for name, result in results.items())
    assert len(results) == 3


@pytest.mark.heavy
def test_without_forking_the_kernel_is_started_as_ever(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("analysis.reporting.engine.linux.os.pidfd_open", None, raising=False)
    monkeypatch.delattr("os.pidfd_open")
    out, problem = run(tmp_path, [("import os; print(os.getppid())", "")])
    assert problem is None
    assert text(out).strip() == str(os.getpid())
    assert caplog.text.count("not safe") == 1


def test_a_kernel_of_another_kind_is_started_as_ever(tmp_path, caplog):
    made = notebook([("1", "")])
    made.metadata.kernelspec.name = "no-such-kernel"
    _, problem = run(tmp_path, made)
    assert type(problem).__name__ == "NoSuchKernel"


@pytest.mark.heavy
def test_from_the_command_line_and_the_interrupt_of_it(tmp_path):
    nbformat.write(
        notebook([("word = 'a'", "parameters"), ("print(word)", ""), ("import time; time.sleep(60)", "")]),
        tmp_path / "in.ipynb",
    )
    command = [
        sys.executable,
        "-m",
        "papermill",
        "--engine",
        "gongzhi",
        "in.ipynb",
        "out.ipynb",
        "-p",
        "word",
        "区",
    ]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        time.sleep(0.3)
        if "区" in _now(tmp_path / "out.ipynb"):
            break
    import psutil

    theirs = psutil.Process(process.pid).children(recursive=True)
    assert len(theirs) == 2
    process.send_signal(signal.SIGINT)
    process.wait(20)
    assert process.returncode
    assert not psutil.wait_procs(theirs, timeout=5)[1]
    assert "区" in text(tmp_path / "out.ipynb")
