"""Alert rules and the dashboard ask for metrics that there are, and the handbook has a word on each alert."""

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest
from prometheus_client import REGISTRY

from infra.telemetry.metrics import REQUESTS
from services.shared.metrics import ORDERS

ROOT: Final = Path(__file__).parents[2]
ALERTS: Final = (ROOT / "deploy/prometheus/alerts.yml").read_text()
DASHBOARD: Final = json.loads((ROOT / "deploy/grafana/rushcart.json").read_text())
_NAME: Final = re.compile(r"\brushcart_\w+")


def known() -> set[str]:
    names = {family.name for family in REGISTRY.collect() if family.name.startswith("rushcart_")}
    assert set(names) >= {family.name for one in (REQUESTS, ORDERS) for family in one.collect()}
    return names | {f"{name}_{suffix}" for name in names for suffix in ("total", "bucket", "sum", "count")}


def panels() -> list[dict[str, Any]]:
    return list(DASHBOARD["panels"])


def test_there_are_the_metrics_of_the_alerts() -> None:
    asked = set(_NAME.findall(ALERTS))
    assert len(asked) >= 10
    assert asked <= known()


@pytest.mark.parametrize("panel", panels(), ids=lambda panel: panel["title"])
def test_there_are_the_metrics_of_a_panel(panel: dict[str, Any]) -> None:
    asked = {name for target in panel["targets"] for name in _NAME.findall(target["expr"])}
    assert asked <= known()
    assert all(target["expr"].count("(") == target["expr"].count(")") for target in panel["targets"])


def test_no_two_panels_are_at_one_place() -> None:
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels()]
    assert len(places) == len(set(places))


def test_every_metric_is_looked_at_or_explained() -> None:
    """And every alert has its words in the handbook."""
    handbook = (ROOT / "docs/operations.md").read_text()
    alerts = re.findall(r"alert: (\w+)", ALERTS)
    assert len(alerts) == len(set(alerts)) == 15
    missing = [name for name in alerts if f"### {name}\n" not in handbook]
    assert missing == []
    told = handbook + json.dumps(DASHBOARD) + ALERTS
    assert [f.name for f in REGISTRY.collect() if f.name.startswith("rushcart_") and f.name not in told] == []
