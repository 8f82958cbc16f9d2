"""Loaders over the verbs of services that read many things at once."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar
from uuid import UUID

from strawberry.dataloader import DataLoader, get_current_batch

from infra.runtime import Infra
from models.documents import ProductDoc, VariantDoc

K = TypeVar("K")
V = TypeVar("V")
Read = Callable[[Infra, list[K]], Awaitable[Mapping[K, V]]]

_MAX_BATCH: Final = 1000
"""Keys a statement: SQLite takes 32,766 parameters, and a page is far smaller than this."""


class _Result(asyncio.Future[V]):
    """One key's value, which several fields wait for. Where a field fails, graphql-core cancels its siblings: each
    hears of it when the value is there, and the value is there for the others."""

    def cancel(self, msg: Any | None = None) -> bool:
        return False


class _Shared(DataLoader[K, V]):
    def load(self, key: K) -> Awaitable[V]:
        known = self.cache_map.get(key)
        if known is not None:
            return known
        result = _Result[V](loop=self.loop)
        self.cache_map.set(key, result)
        get_current_batch(self).add_task(key, result)
        return result


class Batched(_Shared[K, V]):
    """What ``read`` finds for all keys of a batch; ``missing`` for those it does not find."""

    def __init__(self, infra: Infra, read: Read[K, V], missing: V) -> None:
        super().__init__(load_fn=self._load_batch, max_batch_size=_MAX_BATCH)
        self._infra = infra
        self._read = read
        self._missing = missing

    async def _load_batch(self, keys: list[K]) -> list[V]:
        found = await self._read(self._infra, keys)
        return [found.get(key, self._missing) for key in keys]


class Variants(_Shared[K, VariantDoc | None]):
    """Variants out of their product's document: a variant is cached once.

    ``owners`` finds the products' ids, ``pick`` the variant in a product. None for an unknown key.
    """

    def __init__(
        self,
        infra: Infra,
        products: DataLoader[UUID, ProductDoc | None],
        owners: Callable[[Infra, list[K]], Awaitable[Mapping[K, UUID]]],
        pick: Callable[[ProductDoc, K], VariantDoc | None],
    ) -> None:
        super().__init__(load_fn=self._load_batch, max_batch_size=_MAX_BATCH)
        self._infra = infra
        self._products = products
        self._owners = owners
        self._pick = pick

    async def _load_batch(self, keys: list[K]) -> list[VariantDoc | None]:
        owners = await self._owners(self._infra, keys)
        known = dict.fromkeys(owners.values())
        documents = dict(zip(known, await self._products.load_many(known), strict=True))
        products = [documents[owners[key]] if key in owners else None for key in keys]
        return [self._pick(product, key) if product else None for product, key in zip(products, keys, strict=True)]
