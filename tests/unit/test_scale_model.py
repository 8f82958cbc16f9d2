"""What is said of many machines, from figures of one."""

import pytest
from click.testing import CliRunner

from benchmarks.scale.model import Cost, Layout, foretold, hottest, linearity, need
from benchmarks.scale.tables import is_linear, to_json
from cli.bench import bench


def cost(layout: Layout, orders: int, api: float, redis: float, worker: float = 200.0) -> Cost:
    cpu = {"api": api, "worker": worker, "redis": redis, "replicas": 40.0, "kafka": 60.0, "database": None}
    return Cost(layout, orders, 10.0, cpu, 9.0, 0.5)


ONE = cost(Layout(1, 1, 1), 1_000, 400.0, 80.0)
MANY = cost(Layout(4, 3, 4), 3_000, 420.0, 60.0)


def test_processors_for_a_rate_are_busy_to_six_tenths() -> None:
    needed = need(ONE, 10_000).processors
    assert needed == {"api": 7, "worker": 4, "redis": 2, "replicas": 1, "kafka": 1}
    assert hottest(ONE) == 12_500


def test_what_grows_is_seen_and_what_is_unknown_is_not_judged() -> None:
    found = linearity(ONE, MANY)
    assert found["api"] == pytest.approx(0.952, abs=0.001)
    assert found["redis"] > 1
    assert "database" not in found
    assert is_linear([ONE, MANY])
    assert not is_linear([ONE, cost(Layout(2, 1, 1), 1_000, 460.0, 80.0)])


def test_the_last_is_foretold_by_the_others_weighed_by_their_orders() -> None:
    told = foretold([ONE, MANY])
    assert (told["api"], told["redis"]) == (415.0, 65.0)
    assert "database" not in told
    assert to_json([ONE])


@pytest.mark.parametrize("layout", ["1:1", "0:1:1", "1:1:99", "a:b:c", "1:1:-1"])
def test_a_layout_that_is_none_is_refused(layout: str) -> None:
    ended = CliRunner().invoke(bench, ["scale", "--layout", layout])
    assert (ended.exit_code, layout in ended.output) == (2, True)
