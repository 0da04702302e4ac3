"""What every report needs, imported and rehearsed once, so that a forked process has it for nothing."""

from __future__ import annotations

import gc
import os
from contextlib import suppress

INLINE = "module://matplotlib_inline.backend_inline"
# one thread before the fork: of linear algebra, and of pyarrow's allocator
ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    # memory that a report gives back it soon takes again: a tenth of its time went into pages to and fro
    "MALLOC_MMAP_THRESHOLD_": "33554432", "MALLOC_TRIM_THRESHOLD_": "536870912",
    "MALLOC_TOP_PAD_": "67108864", "ARROW_DEFAULT_MEMORY_POOL": "system",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # the debugger's remarks on being imported early
}  # fmt: skip


def warm_kernel(_: dict) -> None:
    """Import what a notebook of this project needs, and the kernel; rehearse a figure and a regression."""
    _import_libraries()
    _rehearse()


def warm_reports(_: dict) -> None:
    """As `warm_kernel`, and what makes a report from a notebook."""
    _import_libraries()
    _import_reporting()
    _rehearse()
    _rehearse_page()
    gc.set_threshold(20_000, 20, 20)  # a report ends before its garbage is worth looking for so often


def _import_libraries() -> None:
    os.environ.setdefault("MPLBACKEND", INLINE)  # as a kernel has it, before matplotlib reads it
    import importlib

    for name in (
        "numpy", "pandas", "pandas.core.arrays.arrow.extension_types", "pandas.core.reshape.reshape",
        "pyarrow.dataset", "pyarrow.parquet", "matplotlib.pyplot", "matplotlib.backends.backend_agg",
        "scipy.stats", "statsmodels.api", "tqdm.auto", "ipywidgets", "sqlite3", "tornado.platform.asyncio",
        "tornado.queues", "IPython.core.debugger", "IPython.core.interactiveshell",
        "IPython.core.completerlib", "IPython.core.logger", "IPython.core.oinspect", "IPython.utils.wildcard",
        "IPython.extensions.storemagic", "ipykernel.debugger", "ipykernel.ipkernel", "ipykernel.kernelapp",
        "ipykernel.kernelspec", "pygments.styles.default", "pandas.io.formats.csvs", "analysis.tables.study",
        "analysis.tables.read", "analysis.tables.check",
    ):  # fmt: skip
        importlib.import_module(name)


def _import_reporting() -> None:
    import importlib
    import pkgutil

    for name in (
        "papermill",
        "nbclient",
        "nbconvert.exporters.html",
        "nbformat.v4",
        "pypandoc",
        "analysis.reporting.district",
        "analysis.reporting.engine.apart",
        "analysis.reporting.engine.execution",
    ):
        importlib.import_module(name)
    for package in ("analysis.display", "analysis.reporting.sections", "analysis.reporting.documents"):
        with suppress(ModuleNotFoundError):
            found = importlib.import_module(package)
            for module in pkgutil.iter_modules(found.__path__, package + "."):
                importlib.import_module(module.name)
    _read_texts()
    _find_kernel()


def _find_kernel() -> None:
    """Look for the provisioners of kernels once: they are sought in every installed package."""
    from jupyter_client.kernelspec import NoSuchKernel

    from analysis.reporting.engine.papermill_engine import hostable

    with suppress(NoSuchKernel):
        hostable("python3")


def _read_texts() -> None:
    """Read the words, rules and versions that every report asks for."""
    from analysis.display.text import LANGUAGES, Text
    from analysis.reporting.findings import advice, grades
    from analysis.reporting.provenance.record import versions

    for language in LANGUAGES:
        Text(language).measure("trust")
    for read in (advice.rules, grades.grade_rules, versions):
        read()


def _rehearse() -> None:
    """Draw and fit once, so that fonts, caches and lazily loaded modules are there; no global state stays."""
    import io

    import matplotlib as mpl
    import numpy as np
    import pandas as pd
    import statsmodels.api as sm
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from analysis.display.figures import new_axes, style

    for language in ("zh", "en"):
        with mpl.rc_context(), style(language):
            ax = new_axes()
            ax.plot([1, 2], [3, 4], label="共治 district")
            ax.set_title("社区 community")
            ax.legend()
            ax.figure.savefig(io.BytesIO(), format="png")
    figure = Figure()
    FigureCanvasAgg(figure)
    figure.subplots().plot([1, 2])
    figure.savefig(io.BytesIO(), format="png", bbox_inches="tight")
    frame = pd.DataFrame({"x": np.arange(12.0), "group": list("abc") * 4})
    frame.groupby("group")["x"].mean().to_frame().to_html()
    sm.OLS(frame["x"] ** 2, sm.add_constant(frame["x"])).fit().params.sum()


def _rehearse_page() -> None:
    """Make a page from a notebook of one cell: templates and schemas are read, patterns compiled."""
    import tempfile
    from pathlib import Path

    import nbformat

    from analysis.display.html import table
    from analysis.reporting.documents import page_html

    shown = {"text/html": str(table(["a"], [["b"]], caption="c"))}
    output = nbformat.v4.new_output("execute_result", shown, execution_count=1)
    cell = nbformat.v4.new_code_cell("1", outputs=[output], execution_count=1)
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "rehearsal.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), draft)
        page_html(draft, title="", language="zh")
