from decimal import Decimal
from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .enums import ProductStatus


class AddAddressInput(BaseModel):
    """A new entry of the address book."""

    recipient: str
    "Who it is for."
    phone: str
    "As it is written: +49 30 1234567, or 030 1234567 of the address's country."
    line_1: str = Field(alias="line1")
    "Street and number."
    country_code: str = Field(alias="countryCode")
    "ISO 3166-1 alpha-2, or XK."
    city: str = ""
    "Needed where addresses have one: not in JP, AE, SG, MO."
    line_2: Optional[str] = Field(alias="line2", default=None)
    "What else the carrier must know."
    region: Optional[str] = None
    "State, province or county, where the country has them in addresses."
    postal_code: Optional[str] = Field(alias="postalCode", default=None)
    "As the country writes it."
    is_default: Optional[bool] = Field(alias="isDefault", default=None)
    "The first address is the default anyway."


class AddCartItemInput(BaseModel):
    """Units of a variant for the cart."""

    variant_id: str = Field(alias="variantId")
    "What to put in."
    quantity: int
    "Added to what the cart has of it."
    currency_code: Optional[str] = Field(alias="currencyCode", default=None)
    "For an empty cart: which prices it has. The variant's own when absent."
    idempotency_key: Optional[str] = Field(alias="idempotencyKey", default=None)
    "Sent again with the same key soon after, nothing more is added."


class CancelOrderInput(BaseModel):
    """An order to be cancelled."""

    order_id: str = Field(alias="orderId")
    "The order that it is about."
    idempotency_key: str = Field(alias="idempotencyKey")
    "1 to 128 printable characters, new for each intention; the same for a retry, which gets the first answer."
    reason: Optional[str] = None
    "Why, for its history."


class CheckoutInput(BaseModel):
    """On which terms the cart is ordered."""

    idempotency_key: str = Field(alias="idempotencyKey")
    "1 to 128 printable characters, new for each order; the same for a retry."
    address_id: Optional[str] = Field(alias="addressId", default=None)
    "Where it is sent: an entry of one's address book, kept as it is now. Without one when absent."
    shipping_method: Optional[str] = Field(alias="shippingMethod", default=None)
    "The code of one of the shippingOffers; the first when absent."
    discount_code: Optional[str] = Field(alias="discountCode", default=None)
    "In capitals or not."
    quote_id: Optional[str] = Field(alias="quoteId", default=None)
    "Order as it was quoted; then with none of the three above."


class CreatePaymentInput(BaseModel):
    """An order to be paid."""

    order_id: str = Field(alias="orderId")
    "The order that it is about."
    idempotency_key: str = Field(alias="idempotencyKey")
    "1 to 128 printable characters, new for each intention; the same for a retry, which gets the first answer."
    provider: Optional[str] = None
    "Left out: the shop's first one."
    return_url: Optional[str] = Field(alias="returnUrl", default=None)
    "Where the customer goes from the provider's page: an address of the storefront's."


class FlashOrderItemInput(BaseModel):
    """A further item of the same sale."""

    item_id: str = Field(alias="itemId")
    "The item of the sale, not its variant."
    quantity: int
    "Units, within the item's `perCustomerLimit`."


class LoginInput(BaseModel):
    """What one signs in with."""

    email: str
    "The account's, in capitals or not."
    password: str
    "The account's."


class LogoutInput(BaseModel):
    """The session to end."""

    refresh_token: Optional[str] = Field(alias="refreshToken", default=None)
    "Left out by a browser whose session is in cookies."


class MetadataFilter(BaseModel):
    """A value of metadata to find things by: exactly this one."""

    key: str
    "As it is defined; a private one for staff only."
    value: str
    "Of the key's type; 1.50 finds 1.5."


class PayOrderByLinkInput(BaseModel):
    """An order to be paid by whoever has its secret link."""

    token: str
    "What is after #token= in the link."
    idempotency_key: str = Field(alias="idempotencyKey")
    "1 to 128 printable characters, new for each intention; the same for a retry, which gets the first answer."
    provider: Optional[str] = None
    "Left out: the shop's first one."
    return_url: Optional[str] = Field(alias="returnUrl", default=None)
    "Where the customer goes from the provider's page: an address of the storefront's."


class PlaceFlashOrderInput(BaseModel):
    """What to order of a sale."""

    item_id: str = Field(alias="itemId")
    "The item of the sale, not its variant."
    quantity: int
    "Units, within the item's `perCustomerLimit`."
    idempotency_key: str = Field(alias="idempotencyKey")
    "1 to 128 printable characters, new for each order; the same for a retry."
    address_id: Optional[str] = Field(alias="addressId", default=None)
    "Where it is sent: an entry of one's address book, kept as it is now. Without one when absent."
    pass_: Optional[str] = Field(alias="pass", default=None)
    "Of the sale's waiting room, if it has one; see enterFlashSale."
    quote: Optional[str] = None
    "Of quoteFlashOrder, for these items and quantities: order as it was quoted, without `addressId`. Without one the first way to ship is taken, and the order costs what the rules of the shop say now."
    others: Optional[list["FlashOrderItemInput"]] = None
    "Further items of the same sale, each once: the order has all of it, or nothing is held. At most 19."
    currency_code: Optional[str] = Field(alias="currencyCode", default=None)
    "ISO 4217, of one in which all items have a price in this sale; left out: the variants' own. See FlashSaleItem.prices. A quote has its own: none is needed beside it."


class ProductFilter(BaseModel):
    """All conditions that are given must hold."""

    search: Optional[str] = None
    "Words of title, vendor, tags, SKUs, variants and description; all of them, each may be unfinished. Case and accents do not count; Chinese is found by any part of a word."
    category_id: Optional[str] = Field(alias="categoryId", default=None)
    "In this category, or anywhere below."
    vendor: Optional[str] = None
    "Exactly this one."
    tag: Optional[str] = None
    "Has this one among its tags."
    in_stock: Optional[bool] = Field(alias="inStock", default=None)
    "Whether a variant can be ordered now."
    min_price: Optional[Decimal] = Field(alias="minPrice", default=None)
    "A variant costs at least this."
    max_price: Optional[Decimal] = Field(alias="maxPrice", default=None)
    "A variant costs at most this."
    vendors: Optional[list[str]] = None
    "One of these."
    tags: Optional[list[str]] = None
    "All of these."
    category_ids: Optional[list[str]] = Field(alias="categoryIds", default=None)
    "In one of these, or anywhere below."
    metadata: Optional[list["MetadataFilter"]] = None
    "Each of these values, 5 at most: the product's own, or a variant's."
    status: Optional[list[ProductStatus]] = None
    "Products in one of these states; only staff may ask for others than PUBLISHED."


class RegisterInput(BaseModel):
    """A new account."""

    email: str
    "What to sign in with."
    password: str
    "8 to 1,024 characters, and none of those that everybody tries first."
    display_name: str = Field(alias="displayName")
    "What the shop calls them."
    locale: Optional[str] = None
    "A BCP 47 language tag such as en or zh-Hans, for mails; en if left out."


class StartGuestSessionInput(BaseModel):
    """Who orders without an account."""

    email: str
    "Where the mails about orders go."
    name: Optional[str] = None
    "What mails call them; what is before the @ when left out."
    locale: Optional[str] = None
    "A BCP 47 language tag such as en or zh-Hans, for mails; en if left out."


class VerifyEmailInput(BaseModel):
    """What the mail's link has."""

    token: str
    "Of the mail's link; good once."


PlaceFlashOrderInput.model_rebuild()
ProductFilter.model_rebuild()
