"""Schemathesis over a real server: generated requests, whose answers must be as the OpenAPI document says.

`python -m tests.fuzz SECONDS` is `make fuzz`: other requests in each run, for as long as is wanted.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from app.clock import clock
from app.engine import open_index
from indexer.load import LoadOptions, load
from tests.conftest import BIN, NOW, SAMPLE
from tests.interfaces.sockets import running

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
)


def fuzz(document: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Send requests that a document describes; exit status 0: all answers were as it says."""
    fixed = ("--continue-on-failure", "--suppress-health-check=all", "--warnings=off", "--no-color")
    command = [BIN / "schemathesis", "run", document, f"--checks={','.join(CHECKS)}", *fixed, *options]
    with tempfile.TemporaryDirectory() as folder:  # it keeps what it found in the current folder
        # Without a name of its own, the file of passwords is looked for in two places before each request.
        environment = os.environ | {"NETRC": f"{folder}/netrc"}
        return subprocess.run(
            command,
            cwd=folder,
            env=environment,
            check=False,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )


def main(seconds: int) -> int:
    """Send requests to a server over the sample for some time, and print what was found."""
    with tempfile.TemporaryDirectory() as folder:
        index = f"sqlite:///{folder}/ods.db"
        load([SAMPLE], open_index(index), clock(NOW), LoadOptions())
        with running(index, Path(folder), ODS_NOW=NOW.isoformat()) as server:
            found = fuzz(f"{server.address}/openapi.json", f"--max-time={seconds}")
    sys.stdout.write(found.stdout)
    return found.returncode


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
