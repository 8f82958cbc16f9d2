"""Loaders over the verbs of services that read many things at once."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TypeVar
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
        self._infra = infra
        self._name = name
        self._absent = missing

    def recall(self, keys: list[K]) -> dict[K, V]:
        names = {self._name(key): key for key in keys}
        found = recall(self._infra.memory, self._infra.counters, names)
        return {names[name]: self._absent if value is None else value for name, value in found.items()}


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
        self._infra = infra
        self._products = products
        self._owners = owners
        self._name = name
        self._pick = pick

    def recall(self, keys: list[K]) -> dict[K, VariantDoc | None]:
        names = {self._name(key): key for key in keys}
        known = recall(self._infra.memory, self._infra.counters, names)
        owners = {names[name]: owner for name, owner in known.items() if owner is not None}
        return self._picked(owners, self._products.recall(list(dict.fromkeys(owners.values()))))

    async def _find_variants(self, keys: list[K]) -> dict[K, VariantDoc | None]:
        owners = await self._owners(self._infra, keys)
        known = dict.fromkeys(owners.values())
        documents = dict(zip(known, await self._products.load_many(known), strict=True))
        return self._picked(owners, documents)

    def _picked(
        self, owners: Mapping[K, UUID], products: Mapping[UUID, ProductDoc | None]
    ) -> dict[K, VariantDoc | None]:
        found = ((key, products.get(owner)) for key, owner in owners.items())
        return {key: self._pick(product, key) for key, product in found if product is not None}
