"""The arrows between packages are those that docs/architecture.md draws."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "architecture.md").read_text()
ROWS = re.findall(r"^\| `([\w.]+)` \|[^|]*\|([^|]*)\|$", PAGE, re.MULTILINE)
ALLOWED = {package: set(re.findall(r"`([\w.]+)`", uses)) for package, uses in ROWS}

HOMES = {
    "flask": r"app/web/.*|app/wsgi|app/server/gunicorn|app/\w+/routes",
    "gunicorn": r"app/server/.*",
    "sqlite3": r"app/engine/sqlite/.*",
    "pyroaring": r"app/engine/sqlite/.*",
    "numpy": r"app/engine/sqlite/(numbers|needles)|app/register/roles",
    "cachetools": r"app/engine/shared|app/engine/elastic/kept",
    "elasticsearch": r"app/engine/elastic/.*",
    "elastic_transport": r"app/engine/elastic/cluster",
    "rapidfuzz": r"app/directory/spelling",
    "prometheus_client": r"app/operate/.*",
    "limits": r"app/operate/limit",
    "jinja2": r"app/pages/page",
    "lxml": r"indexer/.*",
    "fhir": r"indexer/validate",
    "tqdm": r"indexer/console",
    "click": r"app/server/cli|indexer/cli|indexer/console|indexer/commands/.*",
    "requests": r"indexer/sources/trud/client",
    "marshmallow": r"app/settings",
}


def modules():
    return sorted(path for folder in ("app", "indexer") for path in (ROOT / folder).rglob("*.py"))


@cache
def imported(path):
    """Return the dotted names that a module imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update(f"{node.module}.{name.name}" for name in node.names)
    return names


def package_of(dotted):
    parts = dotted.split(".")
    return next((name for name in (".".join(parts[:2]), parts[0]) if name in ALLOWED), None)


def name_of(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def test_every_module_is_in_a_package_of_the_page():
    homeless = [
        name_of(path) for path in modules() if path.name != "__init__.py" and not package_of(name_of(path))
    ]
    assert homeless == []


@pytest.mark.parametrize("package", ALLOWED)
def test_a_package_uses_what_the_page_says_and_all_of_it(package):
    used = {
        package_of(name)
        for path in modules()
        if package_of(name_of(path)) == package
        for name in imported(path)
        if name.split(".")[0] in ("app", "indexer")
    }
    assert used - {package, None} == ALLOWED[package]


@pytest.mark.parametrize("library", HOMES)
def test_a_library_has_one_home(library):
    homes = re.compile(HOMES[library])
    strays = [
        name_of(path)
        for path in modules()
        if library in {name.split(".")[0] for name in imported(path)}
        and not homes.fullmatch("/".join(path.relative_to(ROOT).with_suffix("").parts))
    ]
    assert strays == []


def test_the_server_starts_without_what_only_loads_need():
    loaded = {
        name for path in modules() if path.relative_to(ROOT).parts[0] == "app" for name in imported(path)
    }
    assert not {name for name in loaded if name.startswith(("indexer", "lxml", "fhir."))}


def test_importing_the_application_reads_no_environment(monkeypatch):
    monkeypatch.setenv("ODS_WORKERS", "none at all")
    __import__("app.wsgi")


def test_every_folder_of_code_is_on_the_page():
    folders = {path.parent.relative_to(ROOT).parts[:2] for path in modules()}
    unsaid = [".".join(parts) for parts in folders if not package_of(".".join(parts)) and parts != ("app",)]
    assert unsaid == []
