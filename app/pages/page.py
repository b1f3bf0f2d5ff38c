"""Pages as HTML: the templates of this package filled in, their files, and the headers that all have."""

import hashlib
from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

from app.web.message import Fault, FaultKind, Request, Response, quote, segment

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src {styles}; img-src {images}; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": _POLICY.format(styles="'self'", images="'self'"),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept",
}
"""The headers of every page (lookup 6)."""
FOR_DOCS = {"Content-Security-Policy": _POLICY.format(styles="'self' 'unsafe-inline'", images="'self' data:")}
"""What Swagger UI needs besides: it writes styles into the page, and its icons are in its style sheet."""


class Asset(NamedTuple):
    """A file that pages use: its media type and its bytes."""

    media_type: str
    body: bytes


_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

ASSETS = {
    file.name: Asset(_TYPES[f".{file.name.rpartition('.')[2]}"], file.read_bytes())
    for file in (
        *(files(__package__) / "static").iterdir(),
        *(files("flask_swagger_ui") / "dist" / name for name in ("swagger-ui.css", "swagger-ui-bundle.js")),
    )
}
"""The files under /static, by name; those of Swagger UI as its package has them."""


def day(iso: str) -> str:
    """Write a date as people do: ``2013-04-01`` is 1 April 2013."""
    try:
        found = date.fromisoformat(iso)
    except ValueError:
        return iso
    return f"{found.day} {found:%B %Y}"


def _number(count: int) -> str:
    return f"{count:,}"


def _query(pairs: Mapping[str, object]) -> str:
    """Encode the parameters of a link, leaving out those without a value."""
    return urlencode({name: value for name, value in pairs.items() if value})


_LOADER = PackageLoader(__package__)
_TEMPLATES = Environment(
    loader=_LOADER,
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
    auto_reload=False,
)
_TEMPLATES.filters |= {"day": day, "number": _number, "query": _query, "segment": segment}


def _edition() -> str:
    """Return a digest of templates and assets: it changes when pages do."""
    templates = [_LOADER.get_source(_TEMPLATES, name)[0] for name in _LOADER.list_templates()]
    parts = [*(text.encode() for text in templates), *(asset.body for _, asset in sorted(ASSETS.items()))]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]


EDITION = _edition()
"""Stands in the addresses of assets and in the validators of pages."""


def asset(request: Request, name: str) -> Response:
    """Return a file that pages use; its address has the edition, so that it may be kept for long."""
    if name not in ASSETS:
        raise Fault(FaultKind.NOT_FOUND, f'Unknown address "{quote(request.path)}"')
    found = ASSETS[name]
    kept = "public, max-age=31536000, immutable" if request.query == ((EDITION, ""),) else "no-cache"
    headers = {
        "Content-Type": found.media_type,
        "Cache-Control": kept,
        "X-Content-Type-Options": "nosniff",
    }
    return Response(200, headers, found.body, is_constant=True)


def root(request: Request) -> str:
    """Return what all links begin with: the path of the public address, such as ``/api/ods``.

    Where it has none, links are relative (``.`` or ``..``): a proxy may have removed a path that we do not
    know.
    """
    above = "/".join([".."] * request.path.lstrip("/").count("/"))
    return urlsplit(request.base).path or above or "."


def rendered(request: Request, template: str, view: Mapping[str, Any]) -> bytes:
    """Fill in a template with what it shows, by name."""
    common = {"root": root(request), "base": request.base, "edition": EDITION, "place": template}
    return _TEMPLATES.get_template(template).render({**common, **view}).encode()
