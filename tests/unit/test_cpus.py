"""CPUs that the process may use: affinity, and limits of control groups of both versions."""

# ruff: noqa: E501 - tables

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.cpus import usable

V2 = "31 23 0:28 {root} /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate"
V1 = "32 31 0:29 {root} /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct"
OTHER = "23 1 0:27 / / rw,relatime - overlay overlay rw\n33 31 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset"


@pytest.fixture(autouse=True)
def may_run_on_64(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the process run on 64 CPUs, so that limits decide."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(64)), raising=False)


def machine(root: Path, cgroup: str, mounts: str, files: dict[str, str]) -> Path:
    """Write what a machine says below `root`: /proc/self/cgroup, mountinfo, and files of its groups."""
    for name, text in {
        "proc/self/cgroup": cgroup,
        "proc/self/mountinfo": f"{OTHER}\n{mounts}\n",
        **files,
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def of_v1(quota: int, period: int = 100_000, below: str = "") -> dict[str, str]:
    """Return the two files of a group of version 1."""
    folder = f"sys/fs/cgroup/cpu,cpuacct{below}"
    return {f"{folder}/cpu.cfs_quota_us": f"{quota}\n", f"{folder}/cpu.cfs_period_us": f"{period}\n"}


IN_V2, IN_V1 = "0::/a/b\n", "5:cpuset:/a\n4:cpu,cpuacct:/a/b\n1:name=systemd:/\n"

MACHINES = {
    "no limit": (IN_V2, V2.format(root="/"), {"sys/fs/cgroup/a/b/cpu.max": "max 100000\n"}, 64),
    "its own": (IN_V2, V2.format(root="/"), {"sys/fs/cgroup/a/b/cpu.max": "200000 100000\n"}, 2),
    "a half": (IN_V2, V2.format(root="/"), {"sys/fs/cgroup/a/b/cpu.max": "50000 100000\n"}, 1),
    "rounded up": (IN_V2, V2.format(root="/"), {"sys/fs/cgroup/a/b/cpu.max": "250000 100000\n"}, 3),
    "another period": (IN_V2, V2.format(root="/"), {"sys/fs/cgroup/a/b/cpu.max": "100000 20000\n"}, 5),
    "that of the group above": (IN_V2, V2.format(root="/"), {"sys/fs/cgroup/a/b/cpu.max": "max 100000", "sys/fs/cgroup/a/cpu.max": "300000 100000"}, 3),
    "the least of both": (IN_V2, V2.format(root="/"), {"sys/fs/cgroup/a/b/cpu.max": "700000 100000", "sys/fs/cgroup/a/cpu.max": "300000 100000"}, 3),
    "the top's": (IN_V2, V2.format(root="/"), {"sys/fs/cgroup/cpu.max": "400000 100000"}, 4),
    "a container's": ("0::/\n", V2.format(root="/"), {"sys/fs/cgroup/cpu.max": "150000 100000"}, 2),
    "a container's own group as the mount's root": ("0::/docker/x/y\n", V2.format(root="/docker/x"), {"sys/fs/cgroup/y/cpu.max": "max 100000", "sys/fs/cgroup/cpu.max": "200000 100000"}, 2),
    "a path outside the mount": ("0::/../z\n", V2.format(root="/"), {"sys/fs/cgroup/cpu.max": "200000 100000", "sys/fs/z/cpu.max": "100000 100000"}, 2),
    "more than there are": (IN_V2, V2.format(root="/"), {"sys/fs/cgroup/a/b/cpu.max": "9900000 100000"}, 64),
    "version 1": (IN_V1, V1.format(root="/"), of_v1(250_000, below="/a/b"), 3),
    "version 1 without": (IN_V1, V1.format(root="/"), of_v1(-1, below="/a/b"), 64),
    "version 1 above": (IN_V1, V1.format(root="/"), of_v1(-1, below="/a/b") | of_v1(100_000, 50_000), 2),
    "version 1 in a container": (IN_V1, V1.format(root="/a/b"), of_v1(200_000), 2),
    "both versions": (IN_V1 + "0::/\n", V1.format(root="/") + "\n" + V2.format(root="/").replace("/cgroup ", "/cgroup/unified "), of_v1(200_000, below="/a/b"), 2),
    "not mounted": (IN_V2, "", {}, 64),
    "nonsense": (IN_V2, V2.format(root="/"), {"sys/fs/cgroup/a/b/cpu.max": "lots", "sys/fs/cgroup/a/cpu.max": "1 0", "sys/fs/cgroup/cpu.max": ""}, 64),
}  # fmt: skip


@pytest.mark.parametrize("name", MACHINES)
def test_a_limit_is_that_of_the_group_or_of_one_above(name: str, tmp_path: Path) -> None:
    cgroup, mounts, files, cpus = MACHINES[name]
    assert usable(machine(tmp_path, cgroup, mounts, files)) == cpus


def test_where_nothing_is_said_affinity_decides(tmp_path: Path) -> None:
    assert usable(tmp_path) == 64


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="a system without affinity")
@pytest.mark.parametrize(
    "program",
    [
        "from app.cpus import usable; print(usable())",
        "from app.settings import Settings; print(Settings().workers)",
    ],
)
def test_a_process_held_to_one_cpu_uses_one(program: str) -> None:
    held = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); "
    done = subprocess.run([sys.executable, "-c", held + program], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
