"""JupyterLab in this process, whose Python kernels are forked from a process that warms up meanwhile."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

from jupyter_client.kernelspec import NATIVE_KERNEL_NAME, KernelSpec, KernelSpecManager

from analysis.reporting.engine.linux import can_fork
from analysis.reporting.lab.first_page import PAGE

CONFIG = Path(__file__).with_name("config")
SPECS = f"{__name__}.WarmSpecs"
PROVISIONER = "gongzhi-warm"


class WarmSpecs(KernelSpecManager):
    """The kernels of this machine; this Python's own is forked from the warmed process."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return a kernel's description; see `KernelSpecManager.get_kernel_spec`."""
        spec = super().get_kernel_spec(kernel_name)
        python = spec.argv[0] if spec.argv else ""
        ours = os.path.basename(python) == python or os.path.abspath(python) == os.path.abspath(
            sys.executable
        )
        plain = not spec.env and not spec.metadata.get("kernel_provisioner")
        if kernel_name == NATIVE_KERNEL_NAME and "ipykernel_launcher" in spec.argv and ours and plain:
            spec.metadata["kernel_provisioner"] = {"provisioner_name": PROVISIONER}
        return spec


def lab_arguments(
    folder: Path, *, port: int | None = None, browser: bool = True, root: bool = False
) -> list[str]:
    """Return the arguments of JupyterLab: it opens with the first page and asks the network for nothing.

    Parameters
    ----------
    folder : Path
        What it shows; the layout of its tabs is kept there too.
    port : int, optional
        8888 if not given; the next free one where it is taken.
    browser : bool
        Open the browser.
    root : bool
        Run as root too.
    """
    arguments = [
        f"--ServerApp.root_dir={folder}",
        f"--LabApp.default_url=/lab/tree/{PAGE}",
        f"--LabApp.workspaces_dir={folder / '.workspaces'}",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        f"--LabApp.open_browser={browser}",
    ]
    if port is not None:
        arguments.append(f"--ServerApp.port={port}")
    if root:
        arguments.append("--allow-root")
    return arguments


def serve(folder: Path, *, stock: bool = False, **options: object) -> None:
    """Run JupyterLab until it is stopped.

    Parameters
    ----------
    folder : Path
        What it shows.
    stock : bool
        Leave the kernel of this Python as Jupyter starts it; `Gongzhi (warm)` is there all the same.
    **options
        See `lab_arguments`.
    """
    from jupyterlab.labapp import LabApp

    logging.getLogger().handlers.clear()  # JupyterLab has its own way to say things
    paths = [str(CONFIG), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(path for path in paths if path)
    arguments = lab_arguments(folder, **options)
    if can_fork() and not stock:
        from analysis.reporting.engine.provisioner import kernels

        arguments.append(f"--ServerApp.kernel_spec_manager_class={SPECS}")
        kernels()
    LabApp.launch_instance(argv=arguments)
