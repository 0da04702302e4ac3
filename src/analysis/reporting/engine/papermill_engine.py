"""The papermill engine `gongzhi`: each notebook runs in the shell of a process forked for it alone.

papermill finds it by its entry point, and loads it while it is itself half loaded: so nothing of
papermill is imported before it is used.
"""

from __future__ import annotations

import logging
from functools import cache

log = logging.getLogger(__name__)


class GongzhiEngine:
    """`papermill --engine gongzhi`: the outputs of stock papermill, from a process that is warm already."""

    @classmethod
    def execute_notebook(cls, nb, kernel_name, **options: object):
        """Run the notebook; see `papermill.engines.Engine.execute_notebook`."""
        return _engine().execute_notebook(nb, kernel_name, **options)

    @classmethod
    def nb_kernel_name(cls, nb, name: str | None = None) -> str:
        """Return the name of the notebook's kernel."""
        return _engine().nb_kernel_name(nb, name)

    @classmethod
    def nb_language(cls, nb, language: str | None = None) -> str:
        """Return the language of the notebook."""
        return _engine().nb_language(nb, language)


@cache
def _engine() -> type:
    from papermill.engines import NBClientEngine

    from analysis.reporting.engine import apart, calls
    from analysis.reporting.engine.linux import can_fork

    class Forking(NBClientEngine):
        @classmethod
        def execute_managed_notebook(cls, nb_man, kernel_name, **options):
            if not hostable(kernel_name):
                log.warning("The kernel %s is not this Python: it is started as ever.", kernel_name)
            elif calls.claim_isolation():
                return run_here(nb_man, **options)
            elif not can_fork():
                log.warning("Forking is not safe on this system: the kernel is started as ever (slower).")
            elif not apart.fits(options):
                log.warning("Options that only a kernel of its own understands: it is started as ever.")
            else:
                return apart.run_apart(nb_man, options)
            return super().execute_managed_notebook(nb_man, kernel_name, **options)

    return Forking


def run_here(
    nb_man, *, log_output=False, stdout_file=None, stderr_file=None, start_timeout=60, execution_timeout=None,
    input_path=None, kernel_manager_class=None, timeout=None, **options: object,
):  # fmt: skip
    """Run the notebook in the shell of this process, which must have been made for it."""
    from papermill.log import logger

    from analysis.reporting.engine.execution import HostedClient

    client = HostedClient(
        nb_man, timeout=execution_timeout or timeout, log=logger, log_output=log_output,
        stdout_file=stdout_file, stderr_file=stderr_file, **options,
    )  # fmt: skip
    return client.execute()


def hostable(kernel_name: str) -> bool:
    """Whether the kernel of that name is an IPython kernel of this very Python."""
    import os
    import sys

    from jupyter_client.kernelspec import KernelSpecManager

    spec = KernelSpecManager().get_kernel_spec(kernel_name)
    python, *rest = spec.argv or [""]
    ours = os.path.basename(python) == python or os.path.abspath(python) == os.path.abspath(sys.executable)
    return spec.language == "python" and "ipykernel_launcher" in rest and ours and not spec.env
