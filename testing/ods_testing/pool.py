"""The servers of a run: one for each set of arguments, or one that runs already."""

import os
from collections.abc import Iterator
from typing import Protocol

from ods_testing.controls import Refused, ServerError
from ods_testing.process import Options, Process
from ods_testing.server import Content, Server


class Pool(Protocol):
    """Where tests get their servers."""

    def get(self, options: Options) -> Server:
        """Return the server for these options; raises ServerError."""
        ...

    def reset(self, *, only_sample: bool) -> None:
        """Bring the servers that a test may use back to their start."""
        ...

    def end(self) -> None:
        """End the servers that this pool started."""
        ...


class Started:
    """Servers that are started when they are first asked for."""

    def __init__(self) -> None:
        self._processes: dict[Options, Process] = {}

    def get(self, options: Options) -> Server:
        """Return the server for these options."""
        if options not in self._processes:
            self._processes[options] = Process(options)
        return self._processes[options].server

    def reset(self, *, only_sample: bool) -> None:
        """Reset the sample's server, or all."""
        for server in self._used(only_sample=only_sample):
            server.reset()

    def end(self) -> None:
        """End all servers, side by side."""
        for process in self._processes.values():
            process.stop()
        for process in self._processes.values():
            process.end()

    def _used(self, *, only_sample: bool) -> Iterator[Server]:
        for options, process in self._processes.items():
            if not only_sample or options == Options(Content()):
                yield process.server


class Running:
    """A server that runs already, at the address of ODS_SERVER_URL."""

    def __init__(self, url: str, workers: int) -> None:
        if workers > 1:
            raise ServerError(
                "ODS_SERVER_URL names one server for all tests: run pytest with one worker, not more"
            )
        self._server = Server(url.rstrip("/"))
        self._server.reset()

    def get(self, options: Options) -> Server:
        """Return the server, with this content loaded."""
        if options.now or options.stu3_shape:
            name = "now" if options.now else "stu3_shape"
            raise ServerError(f"{name} cannot be changed in the server of ODS_SERVER_URL, which runs already")
        if self._server.content != options.content:
            self._server.content = options.content
            try:
                self._server.reset()
            except Refused as error:
                raise ServerError(str(error)) from None
        return self._server

    def reset(self, *, only_sample: bool) -> None:
        """Reset the server, and load what was asked for again."""
        if only_sample:
            self._server.content = Content()
        self._server.reset()

    def end(self) -> None:
        """Leave the server as it was."""
        self._server.content = Content()
        self._server.reset()


def made(workers: int) -> Pool:
    """Return the pool that the environment asks for; `workers` run tests side by side. Raises ServerError."""
    url = os.environ.get("ODS_SERVER_URL")
    return Running(url, workers) if url else Started()
