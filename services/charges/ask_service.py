"""Ask a service from outside, for a moment: whatever is wrong with it, the shop's own rules count."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import structlog

from infra.runtime import Infra
from services.shared.metrics import SERVICE_ANSWERS

log = structlog.get_logger(__name__)
T = TypeVar("T")
_REST: Final = 5.0
"""Seconds in which a service that failed is not asked: not every order shall wait for it."""
_resting: Final[dict[tuple[int, str], float]] = {}


async def ask_service(
    infra: Infra, name: str, asked: Callable[[], Awaitable[T]], check: Callable[[T], bool]
) -> T | None:
    """Returns its answer; None when there is none in time, or ``check`` will not have it: then it has a rest."""
    key = (id(infra.local), name)
    if time.monotonic() < _resting.get(key, 0.0):
        SERVICE_ANSWERS.labels(name, "not_asked").inc()
        return None
    reason = "refused"
    try:
        async with asyncio.timeout(infra.settings.shop.charges_timeout):
            answer = await asked()
        if check(answer):
            SERVICE_ANSWERS.labels(name, "answered").inc()
            return answer
    except TimeoutError:
        reason = "late"
    except Exception as error:
        reason = type(error).__name__  # its message may have an address in it
    _resting[key] = time.monotonic() + _REST
    SERVICE_ANSWERS.labels(name, "failed").inc()
    log.warning("charges.service_failed", service=name, reason=reason)
    return None
