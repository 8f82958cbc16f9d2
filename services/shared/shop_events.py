"""Events of products, customers and carts: each as it is when it is told of."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from models.enums import ProductStatus
from services.shared.event import Event
from services.shared.event_fields import Currency, Minor, Sku, Units
from services.shared.topics import SALES


class _OfProduct(Event, topic=SALES):
    """As it is now. Each change of its variants, prices or images is one of the product."""

    product_id: UUID
    version: Units
    status: ProductStatus
    slug: str
    title: str
    changed_at: datetime

    @property
    def key(self) -> str:
        return self.product_id.hex


class ProductCreated(_OfProduct, type="rushcart.product.created.v1"): ...


class ProductUpdated(_OfProduct, type="rushcart.product.updated.v1"): ...


class ProductArchived(_OfProduct, type="rushcart.product.archived.v1"):
    """No product is ever deleted: orders refer to it."""


class _OfCustomer(Event, topic=SALES):
    customer_id: UUID

    @property
    def key(self) -> str:
        return self.customer_id.hex


class _CustomerAsNow(_OfCustomer):
    """An account as it is now, without what is personal: the log cannot forget."""

    created_at: datetime
    email_verified: bool
    locked: bool
    tags: tuple[str, ...]


class CustomerCreated(_CustomerAsNow, type="rushcart.customer.created.v1"): ...


class CustomerUpdated(_CustomerAsNow, type="rushcart.customer.updated.v1"): ...


class CustomerErased(_OfCustomer, type="rushcart.customer.erased.v1"):
    """The account is closed; who has copied personal data is to delete it."""


@dataclass(frozen=True, slots=True)
class CartLine:
    """``price`` of one, as it was when it was added."""

    sku: Sku
    variant_id: UUID
    quantity: Units
    price: Minor


class _OfCart(Event, topic=SALES):
    """The cart as it is now; ``customer_id`` is null for one of a guest."""

    cart_id: UUID
    customer_id: UUID | None
    version: Units
    currency: Currency | None
    lines: tuple[CartLine, ...]
    changed_at: datetime

    @property
    def key(self) -> str:
        return self.cart_id.hex


class CartUpdated(_OfCart, type="rushcart.cart.updated.v1"): ...


class CartAbandoned(_OfCart, type="rushcart.cart.abandoned.v1"):
    """It has lines, and was not changed for a while."""
