"""Ship many orders at once: each as ``create_shipment`` does, with an answer of its own."""

import asyncio
from collections.abc import Sequence
from typing import Final

from infra.errors import StoreUnavailable
from infra.runtime import Infra
from models.order_document import OrderView
from services.order.create_shipment import ShipmentDraft, create_shipment
from services.shared.asked import Asked
from services.shared.errors import InvalidInput, ServiceError
from services.shared.patience import try_again

MOST_SHIPMENTS: Final = 200

Wish = tuple[ShipmentDraft, Asked] | InvalidInput
"""A parcel with its own idempotency key; or what cannot even be read."""


async def create_shipments(infra: Infra, wishes: Sequence[Wish]) -> list[OrderView | ServiceError]:
    """Ship the parcels: those that come together are one transaction (``ask_together``).

    Returns the order or the error of each, in their order. Errors: InvalidInput when they are none or too many.
    """
    if not 1 <= len(wishes) <= MOST_SHIPMENTS:
        raise InvalidInput.at("shipments", message=f"must be 1 to {MOST_SHIPMENTS}")
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_ship(infra, wish, place)) for place, wish in enumerate(wishes)]
    return [task.result() for task in tasks]


async def _ship(infra: Infra, wish: Wish, place: int) -> OrderView | ServiceError:
    try:
        if isinstance(wish, InvalidInput):
            raise wish
        return await create_shipment(infra, *wish)
    except InvalidInput as error:
        return error.in_row("shipments", str(place))
    except ServiceError as error:
        return error
    except StoreUnavailable as error:
        return try_again(error)  # with its key it is shipped once
