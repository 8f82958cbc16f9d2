"""Orders as the database has them, written beside the counters of an item, to take their place at once."""

from collections.abc import Sequence
from typing import Final

from infra.runtime import Infra
from services.flash_sale.next_orders import ItemOrder
from services.reservation.rows import hold_of
from services.shared.order_states import standing_of

# So many take Redis a fraction of a millisecond, in which nobody else is served.
_CHUNK = 500
_KEPT: Final = 600


class Parts:
    """The parts, as ``ItemKeys.parts`` names them. Buyers are counted here: a million of them are 130 MB."""

    def __init__(self, infra: Infra, names: tuple[str, str, str]) -> None:
        self.names = names
        self._infra = infra
        self._buyers: dict[bytes, int] = {}

    async def write_orders(self, orders: Sequence[ItemOrder]) -> None:
        """Write the holds and keys of orders. Errors: StoreUnavailable."""
        keys: list[str] = []
        holds: list[str] = []
        for order_id, customer_id, status, key, fingerprint, is_recent, units, shipped, buyer_id in orders:
            order = order_id.hex()
            is_taken, is_held = standing_of(status, shipped > 0)
            if is_taken:
                self._buyers[buyer_id] = self._buyers.get(buyer_id, 0) + units
            if is_held:
                holds += (order, hold_of(units, buyer_id.hex()))
            if is_recent:
                keys += (f"{customer_id.hex()}:{key.encode().hex()}", f"{order}|{fingerprint}")
        await self._write(self.names[1], keys)
        await self._write(self.names[2], holds)

    async def write_buyers(self) -> None:
        """Write the buyers of all orders. Errors: StoreUnavailable."""
        page: list[str | int] = []
        for buyer_id, units in self._buyers.items():
            page += (buyer_id.hex(), units)
            if len(page) == 8 * _CHUNK:
                await self._write(self.names[0], page)
                page.clear()
        await self._write(self.names[0], page)

    async def _write(self, name: str, pairs: Sequence[str | int]) -> None:
        if not pairs:
            return
        chunks = (pairs[start : start + 2 * _CHUNK] for start in range(0, len(pairs), 2 * _CHUNK))
        writes = [("HSET", name, *chunk) for chunk in chunks]
        await self._infra.redis.execute(*writes, ("EXPIRE", name, _KEPT))

    async def drop(self) -> None:
        """Drop what will not be put in place. Errors: StoreUnavailable."""
        await self._infra.redis.execute(("UNLINK", *self.names))
