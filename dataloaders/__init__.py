"""Batched reads of one request: each loader is a verb of services that reads for many keys at once."""

from collections.abc import Sequence
from functools import cached_property, partial
from uuid import UUID

from dataloaders.batched import Batched, Cached, Variants
from dataloaders.loader import Loader
from infra.runtime import Infra
from models import Identity, Payment, RefreshSession, Refund, Shipment, StockLevel, StockThreshold, User, Warehouse
from models.address_document import AddressDoc
from models.documents import (
    CategoryDoc,
    ProductDoc,
    StockDoc,
    VariantDoc,
    category_key,
    product_key,
    sku_key,
    slug_key,
    stock_key,
    variant_key,
)
from models.flash_sale_document import FlashItemDoc, FlashSaleDoc
from models.order_document import OrderView
from services.address.find_addresses import find_addresses
from services.catalog.categories_by_id import categories_by_id
from services.catalog.find_product_ids import product_ids_of_skus, product_ids_of_slugs, product_ids_of_variants
from services.catalog.list_categories import list_children
from services.catalog.views import products_by_id
from services.flash_sale.find_items import find_items, find_open_items
from services.flash_sale.item_figures import ItemFigures, item_figures
from services.flash_sale.list_sales import find_sales
from services.flash_sale.remaining import remaining
from services.identity.list_identities import list_identities
from services.order.find_orders import find_orders
from services.order.find_shipments import find_shipments
from services.order.tag_order import tags_of_orders
from services.payment.find_payments import payments_of_orders, refunds_of_payments
from services.price_list.own_products import own_products
from services.session.list_sessions import list_sessions
from services.shared.viewer import NO_GROUPS
from services.stock.find_levels import find_levels, thresholds_of_skus
from services.stock.list_warehouses import warehouses_by_id
from services.stock.views import stock_by_sku
from services.user.find_users import users_by_id
from services.user.list_custom_roles import holders_by_role

__all__ = ["Loaders"]


class Loaders:
    """The loaders of one request; each is made when it is first asked for. ``groups``: what the viewer is in."""

    def __init__(self, infra: Infra, groups: frozenset[str] = NO_GROUPS) -> None:
        self._infra = infra
        self._groups = groups

    def forget_products(self) -> None:
        """Forget products and variants after a mutation: what this request has loaded of them may be outdated."""
        self._forget("product_by_id", "product_id_by_slug", "variant_by_id", "variant_by_sku", "stock_by_sku")

    def forget_stock(self) -> None:
        """Forget as ``forget_products``."""
        self._forget("stock_by_sku", "stock_levels_by_sku", "threshold_by_sku", "warehouse_by_id")

    def forget_categories(self) -> None:
        """Forget as ``forget_products``."""
        self._forget("category_by_id", "children_by_category")

    def forget_orders(self) -> None:
        """Forget as ``forget_products``."""
        self._forget(
            "shipments_by_order", "tags_by_order", "order_by_id", "payments_by_order", "refunds_by_payment"
        )

    def forget_addresses(self) -> None:
        """Forget as ``forget_products``."""
        self._forget("addresses_by_user")

    def _forget(self, *names: str) -> None:
        for name in names:
            self.__dict__.pop(name, None)

    @cached_property
    def shipments_by_order(self) -> Loader[UUID, Sequence[Shipment]]:
        return Batched(self._infra, find_shipments, ())

    @cached_property
    def order_by_id(self) -> Loader[UUID, OrderView | None]:
        """Whosever they are: for what was found by an order that the viewer may see."""
        return Batched(self._infra, _persisted_orders, None)

    @cached_property
    def tags_by_order(self) -> Loader[UUID, Sequence[str]]:
        return Batched(self._infra, tags_of_orders, ())

    @cached_property
    def payments_by_order(self) -> Loader[UUID, Sequence[Payment]]:
        return Batched(self._infra, payments_of_orders, ())

    @cached_property
    def refunds_by_payment(self) -> Loader[UUID, Sequence[Refund]]:
        return Batched(self._infra, refunds_of_payments, ())

    @cached_property
    def product_by_id(self) -> Loader[UUID, ProductDoc | None]:
        """At the viewer's prices, which this process's memory does not have."""
        if self._groups:
            return Batched(self._infra, partial(own_products, groups=self._groups), None)
        return Cached(self._infra, products_by_id, None, product_key)

    @cached_property
    def product_id_by_slug(self) -> Loader[str, UUID | None]:
        return Cached(self._infra, product_ids_of_slugs, None, slug_key)

    @cached_property
    def variant_by_id(self) -> Loader[UUID, VariantDoc | None]:
        return Variants(self._infra, self.product_by_id, product_ids_of_variants, variant_key, ProductDoc.variant)

    @cached_property
    def variant_by_sku(self) -> Loader[str, VariantDoc | None]:
        return Variants(self._infra, self.product_by_id, product_ids_of_skus, sku_key, ProductDoc.variant_of_sku)

    @cached_property
    def stock_by_sku(self) -> Loader[str, StockDoc | None]:
        """Over all warehouses, a second old at most."""
        return Cached(self._infra, stock_by_sku, None, stock_key)

    @cached_property
    def stock_levels_by_sku(self) -> Loader[str, Sequence[StockLevel]]:
        """One a warehouse."""
        return Batched(self._infra, find_levels, ())

    @cached_property
    def threshold_by_sku(self) -> Loader[str, StockThreshold | None]:
        return Batched(self._infra, thresholds_of_skus, None)

    @cached_property
    def warehouse_by_id(self) -> Loader[UUID, Warehouse | None]:
        return Batched(self._infra, warehouses_by_id, None)

    @cached_property
    def category_by_id(self) -> Loader[UUID, CategoryDoc | None]:
        return Cached(self._infra, categories_by_id, None, category_key)

    @cached_property
    def children_by_category(self) -> Loader[UUID, Sequence[CategoryDoc]]:
        """In their order, the archived ones among them."""
        return Batched(self._infra, list_children, ())

    @cached_property
    def figures_by_item(self) -> Loader[UUID, ItemFigures]:
        return Batched(self._infra, item_figures, ItemFigures())

    @cached_property
    def flash_item_by_id(self) -> Loader[UUID, FlashItemDoc | None]:
        return Batched(self._infra, find_items, None)

    @cached_property
    def open_items_by_variant(self) -> Loader[UUID, Sequence[FlashItemDoc]]:
        """Of sales that run or are to come."""
        return Batched(self._infra, find_open_items, ())

    @cached_property
    def flash_sale_by_id(self) -> Loader[UUID, FlashSaleDoc | None]:
        return Batched(self._infra, find_sales, None)

    @cached_property
    def remaining_by_item(self) -> Loader[FlashItemDoc, int]:
        return Batched(self._infra, _remaining_of_items, 0)

    @cached_property
    def addresses_by_user(self) -> Loader[UUID, Sequence[AddressDoc]]:
        return Batched(self._infra, find_addresses, ())

    @cached_property
    def user_by_id(self) -> Loader[UUID, User | None]:
        return Batched(self._infra, users_by_id, None)

    @cached_property
    def holders_by_role(self) -> Loader[UUID, Sequence[User]]:
        return Batched(self._infra, holders_by_role, ())

    @cached_property
    def sessions_by_user(self) -> Loader[UUID, Sequence[RefreshSession]]:
        return Batched(self._infra, list_sessions, ())

    @cached_property
    def identities_by_user(self) -> Loader[UUID, Sequence[Identity]]:
        return Batched(self._infra, list_identities, ())


async def _persisted_orders(infra: Infra, order_ids: Sequence[UUID]) -> dict[UUID, OrderView]:
    return await find_orders(infra, order_ids, None)


async def _remaining_of_items(infra: Infra, items: Sequence[FlashItemDoc]) -> dict[FlashItemDoc, int]:
    left = await remaining(infra, items)
    return {item: left[item.id] for item in items if item.id in left}
