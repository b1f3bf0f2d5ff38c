"""A real Chromium for the tests of the pages: Debian's, found or installed, and driven by Playwright.

Playwright for Python needs no browser and no driver of its own to be downloaded: its wheel holds the driver,
which speaks to the browser that is there.
"""

import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_INSTALL = (("apt-get", "update"), ("apt-get", "install", "-y", "--no-install-recommends", "chromium"))


def found() -> str | None:
    """Return the path of a Chromium: that of the variable CHROMIUM, else one on PATH."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)


def missing() -> str | None:
    """Return why there is no Chromium here, or None; root on Debian gets the package installed."""
    if found():
        return None
    if platform.system() != "Linux" or os.geteuid() != 0 or not shutil.which("apt-get"):
        return "There is no Chromium: install it, or set CHROMIUM to its path"
    for command in _INSTALL:
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        done = subprocess.run(
            command, env=environment, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        if done.returncode:
            return f"{' '.join(command)} failed: {done.stderr.strip()[-200:]}"
    return None if found() else "apt-get installed no Chromium: set CHROMIUM to its path"


@contextmanager
def browser() -> Iterator[Browser]:
    """Run a headless Chromium."""
    # Chromium's sandbox refuses to start as root, and containers have little shared memory.
    arguments = ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found(), args=arguments)
        yield running
        running.close()
