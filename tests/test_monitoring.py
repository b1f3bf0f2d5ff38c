"""Alert rules and dashboard: what they ask for exists, and each rule fires when it must and only then."""

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from app.clock import clock
from app.engine import open_index
from app.engine.port import Failure
from app.settings import Settings
from app.wsgi import create_app
from indexer.load import LoadOptions, load
from tests import promtool
from tests.conftest import NOW, SAMPLE
from tests.interfaces.helpers import ask

DOCKER = Path(__file__).parent.parent / "docker"
RULES = DOCKER / "prometheus" / "alerts.yml"
TRIED = DOCKER / "prometheus" / "alerts_test.yml"
(GROUP,) = yaml.safe_load(RULES.read_text())["groups"]
ALERTS = {rule["alert"]: rule for rule in GROUP["rules"]}
BOARD = json.loads((DOCKER / "grafana" / "dashboard.json").read_text())
PANELS = {panel["title"]: panel for panel in BOARD["panels"]}
OF_PROMETHEUS = {"job", "instance", "le"}
"""Labels that Prometheus adds, and that of a histogram's buckets."""


@dataclass(frozen=True)
class Selected:
    """What an expression asks for: the figures of a name with some labels."""

    name: str
    patterns: dict[str, str]
    """By label, the regular expression of its value."""


def selected(expression: str) -> Iterator[Selected]:
    """Yield all that an expression asks for; raises ValueError if it is none."""
    for name, value in (("$__rate_interval", "5m"), ("$job", "ods"), ("$instance", ".+")):
        expression = expression.replace(name, value)
    yield from _selected(promql_parser.parse(expression))


def _selected(node: Any) -> Iterator[Selected]:
    if isinstance(node, promql_parser.VectorSelector):
        equal, like = promql_parser.MatchOp.Equal, promql_parser.MatchOp.Re
        patterns = {
            each.name: each.value if each.op == like else re.escape(each.value)
            for each in node.matchers.matchers
            if each.op in (equal, like)
        }
        yield Selected(node.name, patterns)
    for name in ("expr", "lhs", "rhs", "vector_selector"):
        if child := getattr(node, name, None):
            yield from _selected(child)
    for child in getattr(node, "args", ()):
        yield from _selected(child)


def grouped(expression: str) -> set[str]:
    """Return the labels by which an expression groups."""
    return set(re.findall(r"\w+", " ".join(re.findall(r"\b(?:by|on) \(([^)]*)\)", expression))))


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, str]]]:
    """The labels of each figure by name, of a server over the sample and of one without a register."""
    folder = tmp_path_factory.mktemp("index")
    url = f"sqlite:///{folder / 'ods.db'}"
    index = open_index(url)
    load([SAMPLE], index, clock(NOW), LoadOptions())
    index.notes.note_failure(Failure(NOW, "The release is bad"))
    found: dict[str, list[dict[str, str]]] = {}
    for each in (url, f"sqlite:///{folder / 'none.db'}"):
        client = create_app(Settings(index=each, rate_limit="3/hour")).test_client()
        for path in ("/STU3/Organization/RR8", "/ORD/2-0-0/roles/NONE", "/lookup?q=leeds", "/about"):
            ask(client, path)
        for family in text_string_to_metric_families(ask(client, "/metrics").text):
            for sample in family.samples:
                found.setdefault(sample.name, []).append(sample.labels)
    return found


EXPRESSIONS = [
    *(pytest.param(rule["expr"], id=name) for name, rule in ALERTS.items()),
    *(
        pytest.param(target["expr"], id=title)
        for title, panel in PANELS.items()
        for target in panel["targets"]
    ),
    *(pytest.param(each["expr"], id=each["name"]) for each in BOARD["annotations"]["list"]),
]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_what_an_expression_asks_for_exists(
    expression: str, figures: dict[str, list[dict[str, str]]]
) -> None:
    known = set(OF_PROMETHEUS)
    for asked in selected(expression):
        if asked.name == "up":
            continue
        known |= figures[asked.name][0].keys()
        for label in asked.patterns.keys() - OF_PROMETHEUS:
            values = [labels[label] for labels in figures[asked.name]]
            assert any(re.fullmatch(asked.patterns[label], value) for value in values)
    assert grouped(expression) <= known


@pytest.fixture(scope="module")
def tool() -> str:
    """The path of a promtool."""
    if reason := promtool.missing():
        pytest.skip(reason)
    found = promtool.found()
    assert found
    return found


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "rules", RULES),
        ("check", "config", RULES.with_name("prometheus.yml")),
        ("test", "rules", TRIED),
    ],
)
def test_promtool_agrees(tool: str, arguments: tuple[str, ...]) -> None:
    done = subprocess.run([tool, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ALERTS)
def test_a_rule_is_tried_with_figures_that_fire_it_and_others_that_do_not(name: str) -> None:
    tried = [
        bool(case["exp_samples"])
        for test in yaml.safe_load(TRIED.read_text())["tests"]
        for case in test["promql_expr_test"]
        if case["expr"] == f'ALERTS{{alertname="{name}", alertstate="firing"}}'
    ]
    assert set(tried) == {True, False}


@pytest.mark.parametrize("rule", ALERTS.values(), ids=list(ALERTS))
def test_an_alert_says_how_grave_it_is_what_is_wrong_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    assert set(rule["annotations"]) == {"summary", "description"}


def test_the_panels_of_the_dashboard_do_not_overlap_and_name_their_source() -> None:
    covered: set[tuple[int, int]] = set()
    for panel in BOARD["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        squares = {
            (x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])
        }
        assert not covered & squares, panel["title"]
        covered |= squares
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}
    assert len(PANELS) == len(BOARD["panels"]) == len({panel["id"] for panel in BOARD["panels"]})
