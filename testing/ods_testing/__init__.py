"""The NHS register of organisations for tests: a server of its own, with faults on demand."""

from ods_testing.server import Fault, Request, Server

__all__ = ["Fault", "Request", "Server"]
