"""gunicorn, configured from our settings: workers, threads, keep-alive and logs."""

import gc
import os
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import FrameType
from typing import Any

import flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger

from app.controls.controls import Controls
from app.loader import stop_loads
from app.logs import configuration
from app.operate.metrics import FOLDER
from app.scratch import Scratch
from app.server.worker import Worker
from app.settings import Settings, WrongSetting, address
from app.web.site import REQUEST_ID
from app.wsgi import create_app

THREADS = 64
"""Threads of a worker. Most of them wait: for slow bodies, and for clients that read slowly."""
_THREADS_FOR_TESTS = 512
"""Threads of a server for tests, where each delayed answer holds one."""
_KEEP_ALIVE_SECONDS = 75
_GRACE_SECONDS = 20
_GRACE_SECONDS_FOR_TESTS = 1
_OBJECTS = 10_000
"""Objects made, less those deleted, after which the garbage collector looks for reference cycles."""
_STOPS = {signal.SIGTERM, signal.SIGINT, signal.SIGQUIT}


class Log(Logger):  # type: ignore[misc]
    """gunicorn's log, without its access log (the application writes a line a request itself)."""

    def access(self, *_: object) -> None:
        """Write no access log."""

    def exception(self, msg: str, *args: object, **kwargs: Any) -> None:
        """Log an error with its traceback; as DEBUG if a client read nothing of its answer for too long."""
        stalled = isinstance(sys.exc_info()[1], BlockingIOError)
        (self.debug if stalled else super().exception)(msg, *args, **kwargs)


@dataclass(frozen=True)
class Trial:
    """What is different about a server for tests."""

    announce: Callable[[str], None]
    """Called with the server's address when it answers."""
    controls: Controls | None


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with our settings; each worker opens the index itself, after the fork."""

    def __init__(self, settings: Settings, trial: Trial | None = None) -> None:
        """Listen; `trial` is given where the server is one for tests."""
        self.settings, self.trial = settings, trial
        self.listener = _listen(settings)
        self._figures = _folder() if settings.metrics == "on" else None
        if self._figures:
            os.environ[FOLDER] = str(self._figures.path)
        # A new worker would miss a signal to stop that comes before its handlers are set: block it till then.
        os.register_at_fork(
            before=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS),
            after_in_parent=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS),
        )
        super().__init__()

    def load_config(self) -> None:
        """Set gunicorn's settings."""
        settings = self.settings
        for name, value in {
            "bind": [f"fd://{self.listener.fileno()}"],
            "workers": settings.workers,
            "worker_class": Worker,
            "threads": THREADS,
            "keepalive": _KEEP_ALIVE_SECONDS,
            "graceful_timeout": _GRACE_SECONDS,
            "limit_request_line": 8190,  # gunicorn's maximum; the application checks ours
            "control_socket_disable": True,  # all servers of a user would share one
            "logger_class": Log,
            "post_worker_init": _listen_to_signals,
            "logconfig_dict": configuration(settings.log_format, settings.log_level, REQUEST_ID),
            "forwarded_allow_ips": "",  # ODS_TRUSTED_PROXIES decides instead
            **(self._for_tests(self.trial) if self.trial else {}),
        }.items():
            self.cfg.set(name, value)

    def load(self) -> flask.Flask:
        """Return the application, in a worker."""
        application = create_app(
            self.settings, self.trial.controls if self.trial else None, ahead=self.trial is None
        )
        # Requests leave few reference cycles: to search for them after each 700 objects takes up to 4 % of
        # the time, and to search the application, which stays, takes as long as several lookups.
        gc.freeze()
        gc.set_threshold(_OBJECTS)
        return application

    def run(self) -> None:
        """Serve until told to stop; a server for tests ends with its terminal, where another one reloads."""
        if self.trial:
            Arbiter.handle_hup = Arbiter.handle_term
        try:
            super().run()
        finally:
            if self._figures:
                self._figures.close()

    def _for_tests(self, trial: Trial) -> dict[str, Any]:
        """Return the settings of a server for tests."""

        def announce(worker: Any) -> None:
            _stop_loads_first()
            _listen_to_signals(worker)
            if worker.age == 1:
                trial.announce(_reachable(self.settings.bind, worker.sockets[0].getsockname()[1]))

        return {
            "threads": _THREADS_FOR_TESTS,
            "worker_connections": 4 * _THREADS_FOR_TESTS,
            "graceful_timeout": _GRACE_SECONDS_FOR_TESTS,
            "post_worker_init": announce,
            "worker_exit": _exit_at_once,
        }


def _listen_to_signals(_worker: Any) -> None:
    """Unblock the signals to stop in a worker, whose handlers are now set."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)


def _folder() -> Scratch:
    """Return a new folder in which the workers count; raises WrongSetting."""
    try:
        return Scratch("metrics")
    except OSError as error:
        raise WrongSetting(
            f"Cannot make a temporary folder for metrics: {error.strerror} (TMPDIR names another place, "
            "ODS_METRICS=off does without)"
        ) from error


def _stop_loads_first() -> None:
    """Make the signals that stop a worker stop its loads as well: nobody would wait for them."""
    for sent in _STOPS:
        signal.signal(sent, partial(_stop_with_loads, signal.getsignal(sent)))


def _stop_with_loads(stop: Any, sent: int, frame: FrameType | None) -> None:
    stop_loads()
    stop(sent, frame)


def _exit_at_once(_arbiter: Any, worker: Any) -> None:
    """End a worker without waiting for its threads, of which some may hold answers that are delayed."""
    if worker.booted and worker.pid == os.getpid():
        os._exit(0)


def _reachable(bind: str, port: int) -> str:
    """Return the address at which the server answers on this machine."""
    host, _ = address(bind)
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _listen(settings: Settings) -> socket.socket:
    """Return a listening socket or raise WrongSetting; gunicorn would retry a taken port for five seconds."""
    host, port = address(settings.bind)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except (OSError, OverflowError, UnicodeError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or error
        raise WrongSetting(
            f"Cannot listen on {settings.bind}: {reason} (--bind or ODS_BIND names another address)"
        ) from error
    return listener
