"""Distrust counters that sold what the database does not have: they are loaded again before they sell any more."""

from collections import defaultdict
from collections.abc import Iterable

import structlog

from infra.redis_connection import RUN_ID
from infra.runtime import Infra
from models.order_document import LineSnapshot
from services.flash_sale.warm_flash_sales import want_warming
from services.reservation.keys import ItemKeys, run

log = structlog.get_logger(__name__)


async def distrust(infra: Infra, lines: Iterable[LineSnapshot]) -> None:
    """Distrust the counters that lines of rejected orders were reserved from, unless they were loaded since.

    Nothing is given back: the units were never there, and would be sold to the next. Errors: StoreUnavailable.
    """
    epochs: dict[ItemKeys, set[int]] = defaultdict(set)
    for line in lines:
        if line.flash_sale_item_id is not None:
            epochs[ItemKeys.of(line.sku, line.flash_sale_item_id)].add(line.epoch)
    for keys, of_lines in epochs.items():
        if await run(infra.redis, "distrust", [keys.item], [RUN_ID, *sorted(of_lines)]):
            log.error("flash_item.distrusted", item=keys.item, epochs=sorted(of_lines))
            await want_warming(infra, keys)
