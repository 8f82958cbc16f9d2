"""Batched reads, one class a file: the database behind the Redis cache."""

from functools import cached_property

from dataloaders.addresses_by_user import AddressesByUser
from dataloaders.category_by_id import CategoryById
from dataloaders.children_by_category import ChildrenByCategory
from dataloaders.figures_by_item import FiguresByItem
from dataloaders.flash_item_by_id import FlashItemById
from dataloaders.flash_sale_by_id import FlashSaleById
from dataloaders.identities_by_user import IdentitiesByUser
from dataloaders.order_by_id import OrderById
from dataloaders.payments_by_order import PaymentsByOrder
from dataloaders.product_by_id import ProductById
from dataloaders.product_id_by_slug import ProductIdBySlug
from dataloaders.refunds_by_payment import RefundsByPayment
from dataloaders.remaining_by_item import RemainingByItem
from dataloaders.sessions_by_user import SessionsByUser
from dataloaders.shipments_by_order import ShipmentsByOrder
from dataloaders.stock_by_sku import StockBySku
from dataloaders.stock_levels_by_sku import StockLevelsBySku
from dataloaders.threshold_by_sku import ThresholdBySku
from dataloaders.user_by_id import UserById
from dataloaders.variant_by_id import VariantById
from dataloaders.variant_by_sku import VariantBySku
from dataloaders.warehouse_by_id import WarehouseById
from infra.runtime import Infra

__all__ = ["Loaders"]


class Loaders:
    """The loaders of one request; each is made when it is first asked for."""

    def __init__(self, infra: Infra) -> None:
        self._infra = infra

    def forget_products(self) -> None:
        """Forget products and variants after a mutation: what this request has loaded of them may be outdated."""
        for name in ("product_by_id", "product_id_by_slug", "variant_by_id", "variant_by_sku", "stock_by_sku"):
            self.__dict__.pop(name, None)

    def forget_stock(self) -> None:
        """Forget as ``forget_products``."""
        for name in ("stock_by_sku", "stock_levels_by_sku", "threshold_by_sku", "warehouse_by_id"):
            self.__dict__.pop(name, None)

    def forget_categories(self) -> None:
        """Forget as ``forget_products``."""
        for name in ("category_by_id", "children_by_category"):
            self.__dict__.pop(name, None)

    def forget_orders(self) -> None:
        """Forget as ``forget_products``."""
        for name in ("shipments_by_order", "order_by_id", "payments_by_order", "refunds_by_payment"):
            self.__dict__.pop(name, None)

    @cached_property
    def shipments_by_order(self) -> ShipmentsByOrder:
        return ShipmentsByOrder(self._infra)

    @cached_property
    def order_by_id(self) -> OrderById:
        return OrderById(self._infra)

    @cached_property
    def payments_by_order(self) -> PaymentsByOrder:
        return PaymentsByOrder(self._infra)

    @cached_property
    def refunds_by_payment(self) -> RefundsByPayment:
        return RefundsByPayment(self._infra)

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
    def stock_levels_by_sku(self) -> StockLevelsBySku:
        return StockLevelsBySku(self._infra)

    @cached_property
    def threshold_by_sku(self) -> ThresholdBySku:
        return ThresholdBySku(self._infra)

    @cached_property
    def warehouse_by_id(self) -> WarehouseById:
        return WarehouseById(self._infra)

    @cached_property
    def category_by_id(self) -> CategoryById:
        return CategoryById(self._infra)

    @cached_property
    def figures_by_item(self) -> FiguresByItem:
        return FiguresByItem(self._infra)

    @cached_property
    def children_by_category(self) -> ChildrenByCategory:
        return ChildrenByCategory(self._infra)

    @cached_property
    def flash_item_by_id(self) -> FlashItemById:
        return FlashItemById(self._infra)

    @cached_property
    def flash_sale_by_id(self) -> FlashSaleById:
        return FlashSaleById(self._infra)

    @cached_property
    def remaining_by_item(self) -> RemainingByItem:
        return RemainingByItem(self._infra)

    @cached_property
    def addresses_by_user(self) -> AddressesByUser:
        return AddressesByUser(self._infra)

    @cached_property
    def user_by_id(self) -> UserById:
        return UserById(self._infra)

    @cached_property
    def sessions_by_user(self) -> SessionsByUser:
        return SessionsByUser(self._infra)

    @cached_property
    def identities_by_user(self) -> IdentitiesByUser:
        return IdentitiesByUser(self._infra)
