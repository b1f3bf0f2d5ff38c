"""The tables of the README that the code knows best; `make docs` writes them, a test holds them true."""

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import click

from app import settings
from app.controls.openapi import DESCRIBED as CONTROLS
from app.fhir.tokens import Never
from app.lookup.lookup import PARAMETERS as LOOKUP
from app.operate.openapi import joined, own
from app.ord.parameters import SEARCH as ORD
from app.r4.parameters import PREFIXES as R4_PREFIXES
from app.r4.version import r4
from app.server.cli import main as server
from app.stu3.version import stu3
from app.wsgi import DESCRIBED
from indexer.cli import main as indexer

STU3 = stu3(shape="conformant")
README = Path(__file__).parent.parent / "README.md"


def setting_rows() -> Iterator[tuple[str, ...]]:
    """Yield a row for each setting: its name, default and meaning (the text below each field)."""
    (body,) = ast.parse(inspect.getsource(settings.Settings)).body
    texts = {}
    for statement, after in zip(body.body, body.body[1:], strict=False):
        if isinstance(statement, ast.AnnAssign) and isinstance(after, ast.Expr):
            texts[statement.target.id] = after.value.value
    yield "name", "default", "meaning"
    for field in fields(settings.Settings):
        default = "CPUs the process may use" if field.name == "workers" else f"`{field.default}`"
        default = default.lower() if field.type is bool else default
        yield (
            f"`ODS_{field.name.upper()}`",
            "none" if field.default in {"", None} else default,
            texts[field.name],
        )


def search_rows() -> Iterator[tuple[str, ...]]:
    """Yield a row for each search parameter."""
    yield "type", "parameter", "kind", "modifiers"
    for resource_type, found in STU3.types.items():
        for parameter in found.search.values():
            modifiers = " ".join(f"`:{modifier}`" for modifier in parameter.modifiers)
            yield f"{resource_type}", f"`{parameter.name}`", parameter.type, modifiers or "none"


def r4_rows() -> Iterator[tuple[str, ...]]:
    """Yield a row for each kind of search parameters of each type of R4, without those that match nothing."""
    yield "type", "kind", "parameters"
    for resource_type, found in r4().types.items():
        kinds: dict[str, list[str]] = {}
        for parameter in found.search.values():
            if not isinstance(parameter.reader, Never):
                kinds.setdefault(parameter.type, []).append(f"`{parameter.name}`")
        for kind, names in kinds.items():
            yield resource_type, kind, " ".join(names)


def result_rows() -> Iterator[tuple[str, ...]]:
    """Yield a row for each result parameter."""
    yield "parameter", "values"
    for name, (_, documentation) in STU3.result.items():
        yield f"`{name}`", documentation


def lookup_rows() -> Iterator[tuple[str, ...]]:
    """Yield a row for each parameter of a lookup."""
    yield "parameter", "meaning"
    for name, text in LOOKUP.items():
        yield f"`{name}`", text


def address_rows() -> Iterator[tuple[str, ...]]:
    """Yield a row for each interface, with its addresses; GET is not said.

    What all types of FHIR resources have is told once, of `{type}`, and R4 at its first prefix.
    """
    yield "interface", "addresses"
    addresses: dict[str, dict[str, None]] = {}
    for path, operations in joined((*DESCRIBED, own(has_metrics=True)), CONTROLS)["paths"].items():
        if path.startswith(R4_PREFIXES[1]):
            continue
        for method, operation in operations.items():
            shown = _OF_A_TYPE.sub(r"\1/{type}\2", path)
            shown = shown if method == "get" else f"{method.upper()} {shown}"
            addresses.setdefault(operation["tags"][0], {})[f"`{shown}`"] = None
    for interface, found in addresses.items():
        yield interface, ", ".join(found)


_OF_A_TYPE = re.compile(
    rf"^(/\w+)/(?:{'|'.join({**STU3.types, **r4().types})})((?:/{{id}}(?:/_history/.*)?|/_search)?)$"
)
"""Addresses that every type has."""


def ord_rows() -> Iterator[tuple[str, ...]]:
    """Yield a row for each parameter of ORD's search."""
    yield "parameter", "finds"
    for name, parameter in ORD.items():
        yield f"`{name}`", parameter.says


def command_rows() -> Iterator[tuple[str, ...]]:
    """Yield a row for each option of each command."""
    yield "command", "option", "meaning"
    commands = [
        ("ods-server", server),
        *((f"ods-indexer {name}", each) for name, each in indexer.commands.items()),
    ]
    told: set[str] = set()
    for name, command in commands:
        yield f"`{name}`", "", " ".join(command.help.split())
        for option in command.params:
            if isinstance(option, click.Option) and option.name != "version":
                choices = (
                    "|".join(option.type.choices) if isinstance(option.type, click.Choice) else option.metavar
                )
                meaning = " ".join(option.help.split()) + (" Required." if option.required else "")
                yield (
                    "",
                    f"`{option.opts[0]}{f' {choices}' if choices else ''}`",
                    "As above." if meaning in told else meaning,
                )
                told.add(meaning)


TABLES = {
    "settings": setting_rows,
    "search": search_rows,
    "result": result_rows,
    "r4": r4_rows,
    "lookup": lookup_rows,
    "ord": ord_rows,
    "addresses": address_rows,
    "commands": command_rows,
}


def written(text: str) -> str:
    """Return a text with every table between its marks written anew."""
    for name, rows in TABLES.items():
        head, *rest = [
            f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows()
        ]
        table = "\n".join([head, re.sub(r"[^|]+", " --- ", head), *rest])
        mark = rf"(<!-- {name}: written by make docs -->\n).*?(<!-- /{name} -->)"
        text = re.sub(
            mark, lambda found, table=table: f"{found[1]}{table}\n{found[2]}", text, flags=re.DOTALL
        )
    return text


if __name__ == "__main__":
    README.write_text(written(README.read_text()))
