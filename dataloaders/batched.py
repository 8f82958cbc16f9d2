"""Loaders over the verbs of services that read many things at once."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from dataloaders.loader import Loader
from infra.cache.two_levels import recall
from infra.runtime import Infra
from models.documents import ProductDoc, VariantDoc

K = TypeVar("K")
V = TypeVar("V")
Find = Callable[[Infra, list[K]], Awaitable[Mapping[K, V]]]


class Batched(Loader[K, V]):
    """What ``find`` finds; ``missing`` for the keys that it does not find."""

    def __init__(self, infra: Infra, find: Find[K, V], missing: V) -> None:
        super().__init__(partial(find, infra), missing)


class Cached(Batched[K, V]):
    """What ``find`` finds, or this process's memory has, under the key that ``name`` makes."""

    def __init__(self, infra: Infra, find: Find[K, V], missing: V, name: Callable[[K], str]) -> None:
        super().__init__(infra, find, missing)
        self._recall = partial(_recall, infra, name)

    def recall(self, keys: list[K]) -> dict[K, V]:
        known = self._recall(keys)
        return {key: self._missing if value is None else value for key, value in known.items()}


class Variants(Loader[K, VariantDoc | None]):
    """Variants out of their product's document: a variant is cached once.

    ``owners`` finds the products' ids, which memory has under the key that ``name`` makes; ``pick`` the variant in
    a product. None for an unknown key.
    """

    def __init__(
        self,
        infra: Infra,
        products: Loader[UUID, ProductDoc | None],
        owners: Callable[[Infra, list[K]], Awaitable[Mapping[K, UUID]]],
        name: Callable[[K], str],
        pick: Callable[[ProductDoc, K], VariantDoc | None],
    ) -> None:
        super().__init__(self._find_variants, None)
        self._products = products
        self._owners = partial(owners, infra)
        self._recall = partial(_recall, infra, name)
        self._pick = pick

    def recall(self, keys: list[K]) -> dict[K, VariantDoc | None]:
        owners = {key: owner for key, owner in self._recall(keys).items() if owner is not None}
        return self._picked(owners, self._products.recall(list(dict.fromkeys(owners.values()))))

    async def _find_variants(self, keys: list[K]) -> dict[K, VariantDoc | None]:
        owners = await self._owners(keys)
        known = dict.fromkeys(owners.values())
        documents = dict(zip(known, await self._products.load_many(known), strict=True))
        return self._picked(owners, documents)

    def _picked(
        self, owners: Mapping[K, UUID], products: Mapping[UUID, ProductDoc | None]
    ) -> dict[K, VariantDoc | None]:
        found = ((key, products.get(owner)) for key, owner in owners.items())
        return {key: self._pick(product, key) for key, product in found if product is not None}


def _recall(infra: Infra, name: Callable[[K], str], keys: list[K]) -> dict[K, Any]:
    """Returns what memory has of these; None for what it knows not to be there."""
    names = {name(key): key for key in keys}
    return {names[found]: value for found, value in recall(infra.memory, infra.counters, names).items()}
