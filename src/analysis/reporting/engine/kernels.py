"""Kernels that talk over sockets in the file system: parallel reports cannot take one another's ports."""

import os
import tempfile
from pathlib import Path

from jupyter_client.manager import AsyncKernelManager
from traitlets import default

SOCKETS = "GONGZHI_SOCKETS"  # environment variable: the folder for them, removed by whoever made it


class LocalKernelManager(AsyncKernelManager):
    """A kernel manager for this machine only, with its sockets in a private folder of its own."""

    @default("transport")
    def _local_transport(self) -> str:
        return "ipc"

    @default("ip")
    def _private_path(self) -> str:
        return str(Path(tempfile.mkdtemp(dir=os.environ.get(SOCKETS))) / "kernel")
