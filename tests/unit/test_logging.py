import io
import logging
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
import structlog

from infra.logging import configure_logging, of_request
from settings import Settings


@pytest.fixture
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def _lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [orjson.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.usefixtures("_restored")
def test_json_lines_hold_the_request_and_no_local_variables() -> None:
    stream = io.StringIO()
    configure_logging(Settings(log_format="json"), stream)
    log = structlog.get_logger()
    password = "hunter2"
    bound = of_request.set({"request_id": "r-1"})
    log.debug("unseen", password=len(password))
    log.info("order.placed", order="R-1", amount=object)
    try:
        raise ValueError("broken")
    except ValueError:
        log.exception("failed")
        logging.getLogger("some.library").exception("went %s", "wrong")
    of_request.reset(bound)
    placed, failed, library = _lines(stream)
    assert (placed["event"], placed["request_id"], placed["level"]) == ("order.placed", "r-1", "info")
    assert str(placed["timestamp"]).endswith("Z")
    assert "broken" in str(failed["exception"])
    assert (library["event"], library["logger"], library["request_id"]) == ("went wrong", "some.library", "r-1")
    assert password not in stream.getvalue()


@pytest.mark.usefixtures("_restored")
def test_the_console_is_plain_when_it_is_no_terminal() -> None:
    stream = io.StringIO()
    configure_logging(Settings(log_format="console"), stream)
    structlog.get_logger().warning("stock.low", sku="CAP\nforged line")
    [line] = stream.getvalue().splitlines()
    assert "stock.low" in line
    assert "\x1b[" not in line


@pytest.mark.usefixtures("_restored")
def test_a_broker_that_is_away_does_not_flood_the_log() -> None:
    stream = io.StringIO()
    configure_logging(Settings(log_format="json"), stream)
    for number in range(200):
        logging.getLogger("aiokafka.conn").warning("no connection %d", number)
        logging.getLogger("aiokafka").error("no broker %d", number)
    logging.getLogger("other").warning("still heard")
    assert [line["event"] for line in _lines(stream)] == ["no connection 0", "still heard"]


@pytest.mark.usefixtures("_restored")
def test_a_disk_that_is_full_fails_nobody_who_logs() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no device here is always full")
    stream = full.open("w", buffering=1)
    configure_logging(Settings(log_format="json"), stream)
    structlog.get_logger().info("order.placed", order="R-1")
    logging.getLogger("some.library").error("wrong")
    with pytest.raises(OSError, match="No space left"):
        stream.close()
