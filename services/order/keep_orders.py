"""Keep orders that were reserved: in the event log, then accepted. Those that come together go together."""

import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog

from infra.cloudevents import MEDIA_TYPE
from infra.errors import PublishRefused, PublishUnknown, StoreUnavailable
from infra.runtime import Infra
from infra.telemetry import tracing
from infra.telemetry.messages import sending
from models.order_document import OrderSnapshot
from services.flash_sale.distrust import distrust
from services.reservation.release import Forget, group, release
from services.reservation.reserve import accept, claim, claim_uses, is_replaced, shard_of
from services.shared.errors import IdempotencyConflict, InvalidInput, TryAgain
from services.shared.event import encode
from services.shared.events import ORDERS, OrderPlaced
from services.shared.patience import requests_patience

log = structlog.get_logger(__name__)
_AT_ONCE: Final = 8
"""Groups under way: most of their time they wait for the log's acknowledgement."""


@dataclass(frozen=True, slots=True)
class ReservedOrder:
    """``fresh``: its own request, ``begun`` then (``time.monotonic()``), has reserved it."""

    order: OrderSnapshot
    fresh: bool
    begun: float
    message: bytes


_Outcome = Exception | None


async def keep_order(
    infra: Infra, order: OrderSnapshot, begun: float, traceparent: str | None, *, fresh: bool
) -> None:
    """Make a reserved order an accepted one, together with those that are reserved at the same time.

    Errors: IdempotencyConflict, TryAgain; StoreUnavailable, and the log may have it all the same.
    """
    with sending(infra.events.attributes(ORDERS)):
        message = encode(OrderPlaced(order), order.placed_at, tracing.traceparent() or traceparent)
        keeping = infra.groups.of(f"keep {shard_of(infra, order)}", partial(keep_orders, infra), at_once=_AT_ONCE)
        await keeping.ask(ReservedOrder(order, fresh, begun, message))


async def keep_orders(infra: Infra, reserved: Sequence[ReservedOrder]) -> list[_Outcome]:
    """Claim the orders' keys, publish them, and make them accepted; returns the error of each that was not.

    Each is a message of its own. Errors: StoreUnavailable, and the log may have them all the same.
    """
    outcomes: list[_Outcome] = [None] * len(reserved)
    for step in (_claim, _publish, _accept):
        good = [place for place, outcome in enumerate(outcomes) if outcome is None]
        if good:
            for place, outcome in zip(good, await step(infra, [reserved[one] for one in good]), strict=True):
                outcomes[place] = outcome
    return outcomes


async def _claim(infra: Infra, reserved: Sequence[ReservedOrder]) -> list[_Outcome]:
    """Another item may have used a key before."""
    orders = [one.order for one in reserved]
    free = await claim(infra, orders)
    with_code = [place for place, order in enumerate(orders) if order.code_hold and free[place] is True]
    uses = await claim_uses(infra, [orders[place] for place in with_code]) if with_code else []
    use_of = dict(zip(with_code, uses, strict=True))
    taken = (order for place, order in enumerate(orders) if False in (free[place], use_of.get(place)))
    await _give_back(infra, taken, Forget.YES)
    return [_claimed(is_free) or _used(use_of.get(place, True)) for place, is_free in enumerate(free)]


def _claimed(is_free: bool | StoreUnavailable) -> _Outcome:
    if isinstance(is_free, StoreUnavailable):
        return is_free
    return None if is_free else IdempotencyConflict()


def _used(is_free: bool | StoreUnavailable) -> _Outcome:
    if isinstance(is_free, StoreUnavailable):
        return is_free
    return None if is_free else InvalidInput.at("quote", message="was used for another order: ask for a new one")


async def _publish(infra: Infra, reserved: Sequence[ReservedOrder]) -> list[_Outcome]:
    """Of an order and its repetition one message is enough."""
    messages = {one.order.id: one.message for one in reserved}
    pairs = [(order_id.hex, message) for order_id, message in messages.items()]
    problems = await infra.events.publish_many(ORDERS, pairs, media_type=MEDIA_TYPE)
    problem_of = dict(zip(messages, problems, strict=True))
    outcomes = [problem_of[one.order.id] for one in reserved]
    for order_id, problem in problem_of.items():
        if isinstance(problem, PublishUnknown):
            # The log may still take it: the hold stays, and the same key finds it.
            log.warning("order.unconfirmed", order_id=str(order_id))
    refused = (
        one.order
        for one, problem in zip(reserved, outcomes, strict=True)
        if one.fresh and isinstance(problem, PublishRefused)
    )
    await _give_back(infra, refused, Forget.UNTOUCHED)
    return outcomes


async def _accept(infra: Infra, reserved: Sequence[ReservedOrder]) -> list[_Outcome]:
    """Make them accepted orders, that their customers can read before the database has them.

    An answer that took this long (the process was stopped, say) may have been overtaken by the reconciler: the
    customer must ask again. The same when the counters that the units came from are no more: a loader that
    replaces them from here on reads what is in the log by now, one that was faster may have missed it. That holds
    also for one that puts them in place on another server, which is heard of through the log. The same when the
    sale was paused or ended meanwhile, and this request had been given up.
    """
    hears = await infra.reigns.wait(accept_window(infra))
    oldest = time.monotonic() - accept_window(infra)
    late: list[_Outcome] = [TryAgain() if one.begun < oldest or not hears else None for one in reserved]
    in_time = [one.order for one, outcome in zip(reserved, late, strict=True) if outcome is None]
    if not in_time:
        return late
    answers = await accept(infra, in_time)
    await _leave_replaced(infra, in_time)
    accepted = iter([good and is_kept(infra, order) for order, good in zip(in_time, answers, strict=True)])
    lines = (line for order in in_time for line in order.lines)
    infra.signals.send({item for line in lines if (item := line.flash_sale_item_id) is not None})
    return [outcome or (None if next(accepted) else TryAgain()) for outcome in late]


async def _leave_replaced(infra: Infra, orders: Sequence[OrderSnapshot]) -> None:
    """Have counters loaded again that others have replaced: once those are gone, these are the only ones."""
    lines = [line for order in orders if is_replaced(infra, order) for line in order.lines]
    if lines:
        with suppress(StoreUnavailable):
            await distrust(infra, lines)


async def _give_back(infra: Infra, orders: Iterable[OrderSnapshot], forget: Forget) -> None:
    by_item, _ = group(orders)
    if by_item:
        await release(infra, by_item, forget=forget)


def is_kept(infra: Infra, order: OrderSnapshot) -> bool:
    """Returns whether nobody is known to have replaced the order's counters, nor may have without being heard."""
    return infra.reigns.hears(accept_window(infra)) and not is_replaced(infra, order)


def accept_window(infra: Infra) -> float:
    """Returns the seconds after its begin in which a request may still answer ACCEPTED."""
    return requests_patience(infra)
