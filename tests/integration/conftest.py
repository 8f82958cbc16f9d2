"""Logs of the parts under test, with plain tracebacks: rich ones take seconds, in which nothing else runs."""

import pytest
import structlog

from infra.logging import add_of_request


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    render = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(
        processors=[
            add_of_request,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%H:%M:%S.%f"),
            render,
        ]
    )
