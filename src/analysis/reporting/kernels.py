"""Kernels that talk over sockets in the file system: parallel reports cannot take one another's ports."""

import shutil
import tempfile
from pathlib import Path

from jupyter_client.manager import AsyncKernelManager
from traitlets import default


class LocalKernelManager(AsyncKernelManager):
    """A kernel manager for this machine only, with its sockets in a private folder of its own."""

    @default("transport")
    def _local_transport(self) -> str:
        return "ipc"

    @default("ip")
    def _private_path(self) -> str:
        self._folder = tempfile.mkdtemp(prefix="gongzhi-")
        return str(Path(self._folder) / "kernel")

    async def _async_cleanup_resources(self, restart: bool = False) -> None:
        await super()._async_cleanup_resources(restart)
        if not restart:
            shutil.rmtree(getattr(self, "_folder", ""), ignore_errors=True)

    cleanup_resources = _async_cleanup_resources
