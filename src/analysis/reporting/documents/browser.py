"""The browser of this machine: found, never downloaded, and told to leave the network alone."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from xml.sax.saxutils import escape

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge", "msedge")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
    r"C:\Program Files\Microsoft\Edge\Application\msedge.exe",
)  # fmt: skip
CHOICE = "GONGZHI_BROWSER"  # environment variable: path of the browser to use; empty: none
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include><dir>{fonts}</dir>
<cachedir>{cache}</cachedir></fontconfig>
"""


def find_browser() -> str | None:
    """Return the path of a Chromium, Chrome or Edge on this machine, or None.

    The environment variable GONGZHI_BROWSER names one; set to nothing it says that none is to be used.
    """
    chosen = os.environ.get(CHOICE)
    if chosen is not None:
        return shutil.which(chosen) if chosen else None
    for name in NAMES:
        if found := shutil.which(name):
            return found
    return next((place for place in PLACES if Path(place).is_file()), None)


def launch_arguments() -> list[str]:
    """Return the arguments that keep a browser quiet, offline and able to run in a container."""
    arguments = [
        "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--disable-default-apps", "--disable-dev-shm-usage", "--no-first-run",
        "--host-resolver-rules=MAP * ~NOTFOUND",
    ]  # fmt: skip
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--no-sandbox")
    return arguments


def font_environment(folder: str) -> dict[str, str]:
    """Return the environment in which a browser on Linux also finds this project's Chinese fonts.

    Parameters
    ----------
    folder : str
        Where the settings and the cache of fonts are written; must outlive the browser.
    """
    environment = dict(os.environ)
    if sys.platform.startswith("linux"):
        from pylopdf_fonts_zh_cn import sans_path

        settings = Path(tempfile.mkdtemp(dir=folder)) / "fonts.conf"
        text = FONTS.format(fonts=escape(str(Path(sans_path()).parent)), cache=escape(folder))
        settings.write_text(text, encoding="utf-8")
        environment["FONTCONFIG_FILE"] = str(settings)
    return environment
