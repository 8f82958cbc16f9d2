"""Look at everything; a store that does not answer is a finding like others."""

import asyncio
from collections.abc import Awaitable, Callable

from infra.errors import StoreUnavailable
from infra.runtime import Infra
from services.doctor.check_database import check_database
from services.doctor.check_event_log import check_event_log
from services.doctor.check_keys import check_keys
from services.doctor.check_open_files import check_open_files
from services.doctor.check_redis import check_redis
from services.doctor.check_replica import check_replica
from services.doctor.check_settings import check_settings
from services.doctor.finding import Finding, wrong

_MEND = {
    "database": "Is it running? RUSHCART_DATABASE_URL says where it is, and who we are.",
    "replica": "Is its primary running? RUSHCART_DATABASE_URL says where that is.",
    "redis": "Is it running? RUSHCART_REDIS_URL says where it is.",
    "event log": "Is it running? RUSHCART_KAFKA_BOOTSTRAP_SERVERS says where it is.",
}


async def examine(infra: Infra) -> list[Finding]:
    """Returns all that was found, area by area."""
    looks = {
        "database": check_database,
        "replica": check_replica,
        "redis": check_redis,
        "event log": check_event_log,
    }
    stores = await asyncio.gather(*(_look(infra, area, look) for area, look in looks.items()))
    return [
        *check_settings(infra.settings),
        *check_keys(infra.settings),
        check_open_files(infra.settings),
        *(finding for found in stores for finding in found),
    ]


async def _look(infra: Infra, area: str, look: Callable[[Infra], Awaitable[list[Finding]]]) -> list[Finding]:
    try:
        return await look(infra)
    except StoreUnavailable:
        return [wrong(area, "it does not answer", _MEND[area])]
