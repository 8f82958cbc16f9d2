"""Batched reads, one class a file: the database behind the Redis cache."""

from functools import cached_property

from dataloaders.category_by_id import CategoryById
from dataloaders.product_by_id import ProductById
from dataloaders.product_id_by_slug import ProductIdBySlug
from dataloaders.stock_by_sku import StockBySku
from dataloaders.variant_by_id import VariantById
from dataloaders.variant_by_sku import VariantBySku
from infra.runtime import Infra

__all__ = ["Loaders"]


class Loaders:
    """The loaders of one request; each is made when it is first asked for."""

    def __init__(self, infra: Infra) -> None:
        self._infra = infra

    @cached_property
    def product_by_id(self) -> ProductById:
        return ProductById(self._infra)

    @cached_property
    def product_id_by_slug(self) -> ProductIdBySlug:
        return ProductIdBySlug(self._infra)

    @cached_property
    def variant_by_id(self) -> VariantById:
        return VariantById(self._infra, self.product_by_id)

    @cached_property
    def variant_by_sku(self) -> VariantBySku:
        return VariantBySku(self._infra, self.product_by_id)

    @cached_property
    def stock_by_sku(self) -> StockBySku:
        return StockBySku(self._infra)

    @cached_property
    def category_by_id(self) -> CategoryById:
        return CategoryById(self._infra)
