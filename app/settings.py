"""Settings of server and indexer, from the environment; flags of the commands win over them."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from dataclasses import fields as dataclass_fields
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any, cast

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate

from app.cpus import usable
from app.engine.options import DEFAULTS, EngineOptions

log = logging.getLogger(__name__)

_PREFIX = "ODS_"
_OTHER_PROGRAMS = frozenset(("server", "server_url"))
"""Settings of other programs in the same environment, and of other versions: they get no warning."""

_EMPTY_MEANS_NONE = frozenset(("map_url",))
"""Settings that may be empty; elsewhere an empty variable counts as unset."""

_SECRETS = frozenset(("index", "elasticsearch_api_key", "trud_api_key", "trud_url"))
"""Settings that may hold a secret: an error does not show them."""

DISTRIBUTION = "ods-api-suite"
"""The name of this software: of its package, and in the CapabilityStatement."""

INDEX_HELP = (
    "Index URL: sqlite:///relative.db, sqlite:////absolute.db or http://host:9200/prefix (Elasticsearch). "
    "Other users of the machine can read a flag: a URL with a password belongs in ODS_INDEX."
)


class WrongSetting(Exception):
    """A setting has a wrong value; the text names the setting, the value and the values that are allowed.

    `name` is the setting's name in `Settings`.
    """

    def __init__(self, text: str, name: str = "") -> None:
        super().__init__(text)
        self.name = name


@dataclass(frozen=True)
class Settings:
    """All settings; a field is set by the environment variable `ODS_` plus the field's name in upper case."""

    index: str = field(default="sqlite:///var/ods.db", repr=False)
    """Where the register is kept: an index URL."""
    bind: str = "127.0.0.1:8000"
    """HOST:PORT the server listens on."""
    workers: int = field(default_factory=usable)
    """Server processes."""
    base_url: str = ""
    """Public address in links, such as https://ods.example.org or https://h/ods; empty: that of requests."""
    trusted_proxies: int = 0
    """Number of reverse proxies in front of the server whose X-Forwarded-* headers are believed."""
    rate_limit: str = ""
    """Requests that each worker takes from one address: `N/second`, `N/minute`, `N/hour`; empty: no limit."""
    stu3_shape: str = "conformant"
    """`conformant`, or `legacy`: the retired service's own JSON."""
    map_url: str = "https://www.openstreetmap.org/search?query={postcode}"
    """Where a page's link to a map leads, with {postcode} in it; empty: no link."""
    ord_days: int = 185
    """How many days back ORD's LastChangeDate and notifications go; 0: without a limit."""
    now: datetime | None = None
    """A fixed time in place of the clock, for tests and demonstrations, such as 2026-01-31T09:00:00Z."""
    keep_generations: int = DEFAULTS.keep
    """Number of generations (loaded releases) to keep, the live one included."""
    elasticsearch_api_key: str = field(default=DEFAULTS.api_key, repr=False)
    """An encoded API key of Elasticsearch, instead of user and password in the index URL."""
    elasticsearch_ca_certs: str = DEFAULTS.ca_certs
    """A file of CA certificates to check Elasticsearch's certificate; empty: the system's."""
    elasticsearch_timeout: float = DEFAULTS.timeout
    """Seconds after which a request is refused because Elasticsearch is slow."""
    elasticsearch_shards: int = DEFAULTS.shards
    """Shards of each index that a load creates."""
    elasticsearch_replicas: int | None = DEFAULTS.replicas
    """Replicas of each index that a load creates; unset: one as soon as there is a second node."""
    max_change: float = 10
    """Per cent of the live organisations that a release may lack; one that lacks more is refused."""
    trud_api_key: str = field(default="", repr=False)
    """The key of an account at TRUD, to download releases with."""
    trud_url: str = "https://isd.digital.nhs.uk"
    """Where TRUD is."""
    metrics: str = "on"
    """`on`, or `off`: there is no `/metrics`."""
    log_format: str = "text"
    """`text`, or `json`: one JSON object on each line."""
    log_level: str = "INFO"
    """`DEBUG`, `INFO`, `WARNING` or `ERROR`."""
    log_queries: bool = False
    """`true`: the log shows the query of each request, in which people may type names of patients."""

    @property
    def engine(self) -> EngineOptions:
        """The settings of the index, apart from its URL."""
        return EngineOptions(
            keep=self.keep_generations,
            api_key=self.elasticsearch_api_key,
            ca_certs=self.elasticsearch_ca_certs,
            timeout=self.elasticsearch_timeout,
            shards=self.elasticsearch_shards,
            replicas=self.elasticsearch_replicas,
        )

    def but(self, **flags: Any) -> "Settings":
        """Return the settings, replaced by the flags that are not None."""
        return replace(self, **{name: value for name, value in flags.items() if value is not None})


class _Instant(fields.AwareDateTime):
    """An ISO 8601 time; UTC unless it names a zone."""

    def __init__(self) -> None:
        fault = "use an ISO instant, such as 2026-01-31T09:00:00Z"
        super().__init__(format="iso", default_timezone=UTC, error_messages={"invalid": fault})


def address(bind: str) -> tuple[str, int]:
    """Split ``HOST:PORT`` into host and port; raises ValueError with what to write instead."""
    found = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^:\s]+):(\d{1,5})", bind)
    if not found or int(found[2]) > 65535:
        raise ValueError("use HOST:PORT, such as 127.0.0.1:8000")
    return found[1].strip("[]"), int(found[2])


def _address(bind: str) -> None:
    try:
        address(bind)
    except ValueError as error:
        raise ValidationError(str(error)) from error


class _Number(fields.Integer):
    """A whole number from `least` to `most`."""

    def __init__(self, least: int, most: int) -> None:
        fault = f"use a number from {least} to {most}"
        super().__init__(
            validate=validate.Range(least, most, error=fault),
            error_messages={"invalid": fault, "too_large": fault},
        )


class _Seconds(fields.Float):
    """A time of at least a tenth of a second and at most an hour."""

    def __init__(self) -> None:
        fault = "use a number of seconds from 0.1 to 3600"
        super().__init__(
            validate=validate.Range(0.1, 3600, error=fault),
            error_messages={"invalid": fault, "special": fault},
        )


class _Percent(fields.Float):
    """A number from 0 to 100."""

    def __init__(self) -> None:
        fault = "use a number from 0 to 100"
        super().__init__(
            validate=validate.Range(0, 100, error=fault), error_messages={"invalid": fault, "special": fault}
        )


class _Schema(Schema):
    """The values that each setting allows, with the text of the error for any other."""

    class Meta:
        unknown = EXCLUDE

    index = fields.String(
        validate=validate.Length(min=1, error="name an index, such as sqlite:///var/ods.db")
    )
    bind = fields.String(validate=_address)
    workers = _Number(1, 256)
    base_url = fields.String(
        validate=validate.Regexp(
            r"(?!.*/(STU3|R4|ORD(/2-0-0)?|organisation-data-terminology-api(/fhir)?)/?\Z)"
            r"(https?://[^\s/?#]+(/[^\s?#]*)?)?\Z",
            error="use https://host, with a port and a path if needed, but without the path of an interface",
            flags=0,
        )
    )
    trusted_proxies = _Number(0, 16)
    rate_limit = fields.String(
        validate=validate.Regexp(
            r"[1-9][0-9]{0,8}/(second|minute|hour)\Z",
            error="use N/second, N/minute or N/hour, such as 100/minute",
            flags=0,
        )
    )
    stu3_shape = fields.String(
        validate=validate.OneOf(["conformant", "legacy"], error="use conformant or legacy")
    )
    map_url = fields.String(
        validate=validate.Regexp(
            r"(https?://[^\s{}]*\{postcode\}[^\s{}]*)?\Z",
            error="use an address with {{postcode}} in it, such as https://map.example.org/{{postcode}}",
            flags=0,
        )
    )
    ord_days = _Number(0, 36_500)
    now = _Instant()
    keep_generations = _Number(2, 1000)
    elasticsearch_api_key = fields.String(
        validate=validate.Regexp(r"[!-~]+\Z", error="use the encoded key, one word of ASCII", flags=0)
    )
    elasticsearch_ca_certs = fields.String()
    elasticsearch_timeout = _Seconds()
    elasticsearch_shards = _Number(1, 1024)
    elasticsearch_replicas = _Number(0, 100)
    max_change = _Percent()
    trud_api_key = fields.String(
        validate=validate.Regexp(r"[0-9A-Za-z_-]+\Z", error="use the key, one word", flags=0)
    )
    trud_url = fields.String(
        validate=validate.Regexp(
            r"https?://[^\s/?#@]+(/[^\s?#]*)?\Z", error="use https://host, with a port if needed", flags=0
        )
    )
    metrics = fields.String(validate=validate.OneOf(["on", "off"], error="use on or off"))
    log_format = fields.String(validate=validate.OneOf(["text", "json"], error="use text or json"))
    log_level = fields.String(
        validate=validate.OneOf(
            ["DEBUG", "INFO", "WARNING", "ERROR"], error="use DEBUG, INFO, WARNING or ERROR"
        )
    )
    log_queries = fields.Boolean(
        truthy={"true"}, falsy={"false"}, error_messages={"invalid": "use true or false"}
    )

    @post_load
    def _settings(self, data: dict[str, Any], **_: Any) -> Settings:
        if "base_url" in data:
            data["base_url"] = data["base_url"].rstrip("/")
        return Settings(**data)


def warn_of_unknown(environment: Mapping[str, str]) -> None:
    """Log a warning for each variable that begins with `ODS_` and is not a setting."""
    known = [each.name for each in dataclass_fields(Settings)]
    for name in sorted(_given(environment).keys() - {*known, *_OTHER_PROGRAMS}):
        near = get_close_matches(name, known, 1)
        hint = f": did you mean {_PREFIX}{near[0].upper()}?" if near else ""
        log.warning("%s%s is not a setting and is ignored%s", _PREFIX, name.upper(), hint)


def _given(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that begin with `ODS_`, by the rest of their name in lower case."""
    return {
        name.removeprefix(_PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(_PREFIX)
    }


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Read the settings; raises WrongSetting for the first wrong value.

    An empty variable counts as unset, except those in `_EMPTY_MEANS_NONE`.
    """
    values = _given(environment)
    given = {name: value for name, value in values.items() if value or name in _EMPTY_MEANS_NONE}
    try:
        settings: Settings = _Schema().load(given)
    except ValidationError as error:
        name, faults = next(iter(cast("dict[str, list[str]]", error.messages).items()))
        shown = "" if name in _SECRETS else f' is "{" ".join(values[name].split())}"'
        raise WrongSetting(f"{_PREFIX}{name.upper()}{shown}: {str(faults[0]).rstrip('.')}", name) from None
    return settings
