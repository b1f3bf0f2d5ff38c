"""promtool, which tries alert rules against figures: found, or taken out of Debian's package prometheus."""

import fcntl
import os
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.nodes import CACHE

_TOOL = CACHE / "promtool"


def found() -> str | None:
    """Return the path of a promtool: that of PROMTOOL, else one on PATH, else one that was fetched."""
    return os.environ.get("PROMTOOL") or shutil.which("promtool") or (str(_TOOL) if _TOOL.exists() else None)


def missing() -> str | None:
    """Return why there is no promtool here, or None; on Debian it is fetched, and nothing is installed.

    Installing the package would start a Prometheus.
    """
    if found():
        return None
    if platform.system() != "Linux" or not shutil.which("apt-get"):
        return "There is no promtool: install Prometheus, or set PROMTOOL to its path"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "promtool.lock").open("w") as lock, tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.geteuid() == 0:
            _run(Path(scratch), "apt-get", "update")
        fault = _run(Path(scratch), "apt-get", "download", "prometheus")
        if not fault:
            (package,) = Path(scratch).glob("*.deb")
            fault = _run(Path(scratch), "dpkg-deb", "--extract", str(package), "package")
        if fault:
            return fault
        (Path(scratch) / "package" / "usr" / "bin" / "promtool").rename(_TOOL)
    return None


def _run(folder: Path, *command: str) -> str | None:
    """Run a command in a folder, and return what went wrong."""
    done = subprocess.run(
        command, cwd=folder, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    return f"{' '.join(command)} failed: {done.stderr.strip()[-200:]}" if done.returncode else None
