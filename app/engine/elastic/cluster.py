"""Asks the cluster: within the time that is left, and with its errors in the words of the port."""

import math
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from http import HTTPStatus
from typing import Any, TypeVar

from elastic_transport import ConnectionError as NotConnected
from elastic_transport import ConnectionTimeout, OrjsonSerializer, TlsError, TransportError
from elasticsearch import (
    ApiError,
    AuthenticationException,
    AuthorizationException,
    Elasticsearch,
    NotFoundError,
    UnsupportedProductError,
)

from app.engine.elastic.address import Address
from app.engine.options import EngineOptions
from app.engine.port import EngineError, Unavailable, Unwritable, WrongIndex, asked_at

_OLDEST = 8
_MEDIA_TYPE = "application/vnd.elasticsearch+json"
_THREADS = 32
"""Connections kept to each node."""

_DISTRUST = re.compile(r"certificate verify failed: (.+?)\.? \(_ssl")

_CLOSED = re.compile("'(index_not_found|shard_not_found|index_shard_closed|already_closed)_exception'")

_LOAD_SECONDS = 120
_patience: ContextVar[float] = ContextVar("_patience", default=0)

_PAUSES = (0.5, 1, 2, 4, 8, 15, 30, 60)

T = TypeVar("T")


class Overloaded(Unavailable):
    """The cluster has no room for this now (status 429)."""


class Closed(Unavailable):
    """The index that was asked is deleted, or its shards have been closed, as they are just before that."""


class Cluster:
    """The cluster at an address; nothing is opened before it is first asked."""

    def __init__(self, address: Address, options: EngineOptions) -> None:
        self.address = address
        self.options = options
        self._opening = threading.Lock()
        self._client: Elasticsearch | None = None

    def ask(self, call: Callable[[Elasticsearch], T]) -> T:
        """Return what a call of the client returns, in what is left of the time for a request.

        Only what found no one listening is asked again. Raises Unavailable, WrongIndex, and the client's
        own NotFoundError, of which only the asker knows what it means.
        """
        if seconds := _patience.get():
            return self._within(time.monotonic() + seconds, call)
        return self._within(asked_at.get(time.monotonic()) + self.options.timeout, call)

    @contextmanager
    def patiently(self, seconds: float = _LOAD_SECONDS) -> Iterator[None]:
        """Give each call a time-out of its own; that of a load is long, since nobody waits for it."""
        token = _patience.set(seconds)
        try:
            yield
        finally:
            _patience.reset(token)

    def work(self, call: Callable[[Elasticsearch], T], seconds: float = 600) -> T:
        """Return what a call returns that is part of a load and may take long; raises Unwritable too.

        What the cluster, or the call itself, says it is too busy for is asked again, ever more seldom.
        """
        deadline = time.monotonic() + seconds
        try:
            for pause in _PAUSES:
                try:
                    return self._within(deadline, call)
                except Overloaded:
                    time.sleep(pause)
            return self._within(deadline, call)
        except NotFoundError as error:
            raise Unwritable(f"{self.address} cannot be written: {_reason(error)}") from None
        except Unavailable as error:
            raise Unwritable(f"The load was given up: {error}") from None

    def _within(self, deadline: float, call: Callable[[Elasticsearch], T]) -> T:
        for attempt in range(len(self.address.hosts) + 1):
            try:
                client = self._client or self._connect(deadline)
                return call(_patient(client, _left(deadline, self.address)))
            except NotConnected as error:
                if attempt == len(self.address.hosts):
                    raise _meaning(error, self.address) from None
            except NotFoundError:
                raise
            except (ApiError, TransportError) as error:
                raise _meaning(error, self.address) from None
        raise AssertionError

    def _connect(self, deadline: float) -> Elasticsearch:
        """Return the client, once it is known that it talks to an Elasticsearch we can use."""
        with self._opening:
            if self._client:
                return self._client
            client = self._new_client()
            try:
                version = _patient(client, _left(deadline, self.address)).info()["version"]
            except ApiError as error:
                if error.status_code in {400, 406}:  # it does not know the media types of version 8
                    raise WrongIndex(_too_old(self.address, "an older version")) from None
                raise
            if int(version["number"].partition(".")[0]) < _OLDEST:
                raise WrongIndex(_too_old(self.address, version["number"]))
            self._client = client
            return client

    def _new_client(self) -> Elasticsearch:
        address, options = self.address, self.options
        given: dict[str, Any] = {}
        if options.api_key:
            given["api_key"] = options.api_key
        elif address.user:
            given["basic_auth"] = (address.user, address.password)
        if address.hosts[0].startswith("https"):
            given["ssl_context"] = _certificates(options.ca_certs)
        orjson = OrjsonSerializer()
        return Elasticsearch(
            list(address.hosts),
            connections_per_node=_THREADS,
            max_retries=0,
            serializers={_MEDIA_TYPE: orjson, "application/json": orjson},
            **given,
        )


def _left(deadline: float, address: Address) -> int:
    """Return the tenths of a second that are left, begun ones included."""
    left = math.ceil((deadline - time.monotonic()) * 10)
    if left <= 0:
        raise Unavailable(f"{address} did not answer in time")
    return left


@lru_cache(maxsize=256)
def _patient(client: Elasticsearch, tenths: int) -> Elasticsearch:
    """Return the client with that time-out; kept, since it takes longer to make than a cluster to answer."""
    return client.options(request_timeout=tenths / 10)


def _certificates(path: str) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=path or None)
    except (OSError, ssl.SSLError) as error:
        raise WrongIndex(
            f"ODS_ELASTICSEARCH_CA_CERTS: {path} holds no certificates that can be read"
        ) from error
    # The authorities that Elasticsearch makes itself lack a usage.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _too_old(address: Address, version: str) -> str:
    return f"{address} is Elasticsearch {version}: version {_OLDEST} or newer is needed"


def _meaning(error: Exception, address: Address) -> EngineError:
    """Return an error of the client as one of the port; what it says may hold secrets and is left out."""
    match error:
        case UnsupportedProductError():
            return WrongIndex(f"{address} is not Elasticsearch: version {_OLDEST} or newer of it is needed")
        case AuthenticationException():
            return WrongIndex(
                f"{address} does not know this user, password or API key: they are those in ODS_INDEX or "
                "ODS_ELASTICSEARCH_API_KEY"
            )
        case AuthorizationException() if not _blocked(error):
            return WrongIndex(f"{address} does not allow this user or API key to do this: {_reason(error)}")
        case ApiError():
            said = f"{address} cannot do this now: {_reason(error)}"
            if error.status_code == HTTPStatus.TOO_MANY_REQUESTS:
                return Overloaded(said)
            return Closed(said) if _CLOSED.search(str(error.body)) else Unavailable(said)
        case TlsError() if fault := _DISTRUST.search(error.message):
            return WrongIndex(
                f"The certificate of {address} is not trusted ({fault[1]}): name its authority's file in "
                "ODS_ELASTICSEARCH_CA_CERTS"
            )
        case TlsError():
            return Unavailable(f"{address} cannot be reached over TLS")
        case ConnectionTimeout():
            return Unavailable(f"{address} did not answer in time")
    return Unavailable(f"{address} cannot be reached")


def _blocked(error: ApiError) -> bool:
    return "cluster_block_exception" in str(error.body)


def _reason(error: ApiError) -> str:
    """Return what the server gave as its reason, shortly."""
    found = error.body.get("error") if isinstance(error.body, dict) else None
    if isinstance(found, dict):
        causes = found.get("root_cause") or [found]
        found = causes[0].get("reason") or causes[0].get("type")
    return " ".join(str(found or f"status {error.status_code}").split())[:300]
