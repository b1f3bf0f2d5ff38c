"""How many CPUs this process may use: those it may run on, and the limits of its control groups (cgroups).

A control group may limit CPU time to a quota in each period, as Docker and Kubernetes do for a container.
The limit of a group holds for all groups below it. Version 2 has one tree of groups and a file `cpu.max`;
version 1 has a tree for the controller `cpu`, and two files.
"""

import math
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

_GROUP = re.compile(r"^\d+:([^:]*):(.*)$", re.MULTILINE)
"""A line of /proc/self/cgroup: number, controllers (none of version 2), path."""
_MOUNT = re.compile(
    r"^\S+ \S+ \S+ (?P<root>\S+) (?P<point>\S+) .*- (?P<kind>cgroup2?) \S+ (?P<options>\S+)$", re.MULTILINE
)
"""A line of /proc/self/mountinfo that mounts control groups."""


def usable(root: Path = Path("/")) -> int:
    """Return the number of CPUs, at least 1 and rounded up; `root` is the folder that holds proc and sys."""
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, math.ceil(min([affinity, *_limits(root)])))


def _limits(root: Path) -> Iterator[float]:
    """Yield every limit, in CPUs; a file that cannot be read sets none."""
    for folder in _groups(root):
        with suppress(OSError, ValueError, ZeroDivisionError):
            quota, period = (folder / "cpu.max").read_text().split()
            yield int(quota) / int(period)
        with suppress(OSError, ValueError, ZeroDivisionError):
            quota, period = ((folder / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period"))
            if int(quota) > 0:
                yield int(quota) / int(period)


def _groups(root: Path) -> Iterator[Path]:
    """Yield the folders of this process's control groups, and of the groups above them that are mounted."""
    try:
        groups = (root / "proc/self/cgroup").read_text(errors="replace")
        mounts = (root / "proc/self/mountinfo").read_text(errors="replace")
    except OSError:  # not Linux
        return
    paths = {name: path for names, path in _GROUP.findall(groups) for name in names.split(",")}
    for mount in _MOUNT.finditer(mounts):
        is_v2 = mount["kind"] == "cgroup2"
        path = paths.get("" if is_v2 else "cpu")
        if path is None or not (is_v2 or "cpu" in mount["options"].split(",")):
            continue
        group = PurePosixPath(path)
        # In a container the mount may show its own group as the root, and the path may lie outside.
        within = group.is_relative_to(mount["root"]) and ".." not in group.parts
        below = group.relative_to(mount["root"]) if within else PurePosixPath()
        for part in (below, *below.parents):
            yield root / mount["point"].lstrip("/") / part
