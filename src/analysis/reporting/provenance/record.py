"""What a whole report was made from: inputs, parameters, versions."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version

LIBRARIES = ("pandas", "numpy", "scipy", "networkx", "igraph", "numba", "statsmodels", "diff-diff",
             "pyfixest", "matplotlib", "duckdb", "papermill", "nbconvert")  # fmt: skip


@cache
def versions() -> dict[str, str]:
    """Return the versions of the libraries that numbers and pictures depend on."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def run_record(report) -> dict:
    """Return study, district, language, parameters, inputs (name -> sha256) and versions of a report."""
    meta = report.city.meta
    rules = {f"tie_rule.{key}": value for key, value in meta["tie_rule"].items() if value is not None}
    others = {name: meta[name] for name in ("settle_days", "mobilisation") if name in meta}
    parameters = {"district": report.district, "language": report.text.language, "period": meta["period"]}
    return {
        "gongzhi": meta["version"], "study": meta["study"], "parameters": parameters | rules | others,
        "inputs": meta["inputs"], "python": platform.python_version(), "libraries": versions(),
    }  # fmt: skip
