"""How soon a kernel shows something: started cold, and forked from the warmed process."""

from __future__ import annotations

import statistics
import time
from contextlib import suppress

STARTS = 3
FIRST = (
    "import pandas as pd, matplotlib.pyplot as plt, statsmodels.api as sm\n"
    "from analysis import open_study\nplt.plot([1, 2])\npd.DataFrame({'a': [1]})"
)


def first_results() -> dict[str, float]:
    """Return seconds from the start of a kernel to its first result: cold, and forked from a warm process."""
    from analysis.reporting.engine.provisioner import kernels

    kernels().ready(600)
    seen: dict[str, list[tuple[float, float]]] = {"python3": [], "gongzhi-warm": []}
    for _ in range(STARTS):
        for name, times in seen.items():
            times.append(_first_result(name))
    (cold, cold_cpu), (warm, warm_cpu) = (
        [statistics.median(column) for column in zip(*times, strict=True)] for times in seen.values()
    )
    return {
        "provisioner_first_result_vs_cold": cold / warm, "first_result_s": warm, "first_result_cold_s": cold,
        "provisioner_cpu_vs_cold": cold_cpu / warm_cpu,
        "first_result_cpu_s": warm_cpu, "first_result_cold_cpu_s": cold_cpu,
    }  # fmt: skip


def _first_result(name: str) -> tuple[float, float]:
    import psutil
    from jupyter_client.manager import KernelManager

    manager = KernelManager(kernel_name=name)
    start = time.perf_counter()
    manager.start_kernel(extra_arguments=["--log-level=50"])
    client = manager.client()
    try:
        client.start_channels()
        _wait(client)
        client.execute_interactive(FIRST, timeout=120, output_hook=len)
        seconds = time.perf_counter() - start
        return seconds, sum(psutil.Process(manager.provisioner.pid).cpu_times()[:2])
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def _wait(client) -> None:
    """Wait for the first answer of a kernel, then until its output is heard, no longer than it must be."""
    from queue import Empty

    client.kernel_info()
    client.get_shell_msg(timeout=120)
    for _ in range(1200):  # what is said before the subscription has arrived is lost
        client.kernel_info()
        with suppress(Empty):
            client.get_iopub_msg(timeout=0.01)
            return
    raise TimeoutError("the output of the kernel is not heard")
