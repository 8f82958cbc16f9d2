"""What the values of enums mean: the enums themselves are the business's, and know nothing of GraphQL."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition, has_enum_definition

from models.enums import (
    ArmedState,
    DeliveryState,
    DiscountKind,
    FlashSaleStatus,
    HalfRounding,
    InboxState,
    JobKind,
    JobState,
    MetadataOwner,
    MetadataType,
    MetadataVisibility,
    OrderStatus,
    PaymentProblem,
    PaymentStatus,
    ProductStatus,
    RefundState,
    Role,
    Scope,
    ShippingBasis,
    StockCause,
    TaxRounding,
)
from resolvers.shared.caching import CacheScope
from services.cart.views import CartNoteCode
from services.catalog.row_outcome import BulkPolicy
from services.finding.product_page import ProductSort
from services.shared.actors import OrderActor


def describe_enum(enum: type[Enum], text: str, values: Mapping[str, str]) -> None:
    """Describe an enum and all of its values. Errors: ValueError, when the names are not those of the values."""
    if set(values) != set(enum.__members__):
        raise ValueError(f"describe exactly the values of {enum.__name__}")
    # A field that was declared before may have made the definition.
    known: Any = enum if has_enum_definition(enum) else strawberry.enum(enum)
    definition: StrawberryEnumDefinition = known.__strawberry_definition__
    definition.description = text
    for value in definition.values:
        value.description = values[value.name]


describe_enum(
    Role,
    "What a person may do.",
    {
        "GUEST": "Buy, and see what was bought in the same session; who has no account.",
        "CUSTOMER": "Buy, and see what is one's own; everybody who has an account.",
        "STAFF": "Also keep the catalog, stock, sales and everybody's orders.",
        "ADMIN": "Also give roles, lock accounts, make service tokens and read the audit log.",
    },
)
describe_enum(
    Scope,
    "What a service token may do, or who has a role of the shop's own.",
    {
        "CATALOG_READ": "See products and categories that are not public.",
        "CATALOG_WRITE": "Change products, variants, pictures, categories and price lists.",
        "STOCK_WRITE": "Change stock and warehouses, and read the ledger.",
        "SALES_WRITE": "Change flash sales, discount codes, shipping zones and tax regions.",
        "DISCOUNTS_WRITE": "Make discount codes, see and disable them; a part of SALES_WRITE.",
        "CHARGES_WRITE": "Change shipping zones and tax regions; a part of SALES_WRITE.",
        "ORDERS_READ": "See everybody's orders and payments.",
        "ORDERS_SHIP": "See everybody's orders, ship and complete them; a part of ORDERS_WRITE.",
        "ORDERS_REFUND": "See everybody's orders and give money back; a part of ORDERS_WRITE.",
        "ORDERS_WRITE": "Ship, complete, cancel and refund orders.",
        "USERS_READ": "See everybody's accounts.",
    },
)
describe_enum(
    ProductStatus,
    "Who can see a product.",
    {
        "DRAFT": "Staff only: it is not ready.",
        "PUBLISHED": "Everybody; it can be bought.",
        "ARCHIVED": "Staff only: it is sold no more, and can be brought back.",
    },
)
describe_enum(
    StockCause,
    "Why a stock level was changed.",
    {
        "RECEIVED": "Units came in.",
        "ADJUSTED": "Staff corrected what is on hand.",
        "COUNTED": "Somebody counted.",
        "MOVED": "Units went from one warehouse to another.",
        "SET_ASIDE": "A flash sale was given units.",
        "SALE_ENDED": "A flash sale gave back what was unsold.",
        "HELD": "An order was accepted.",
        "RELEASED": "An order was not paid, or was cancelled.",
        "COMMITTED": "An order was paid.",
        "SHIPPED": "A parcel left.",
        "REPAIRED": "Books that did not add up were put right.",
    },
)
describe_enum(
    ShippingBasis,
    "What the price of a way to ship goes by.",
    {
        "FLAT": "Nothing: it is the same for every order.",
        "WEIGHT": "What the goods weigh, in grams.",
        "PRICE": "What the goods cost before discounts.",
        "QUANTITY": "How many units there are.",
    },
)
describe_enum(
    TaxRounding,
    "What of a tax is rounded to what can be paid.",
    {
        "ORDER": "The sum of each rate, shipping among it, once: as EN 16931 has it.",
        "LINE": "Each line, and the shipping.",
    },
)
describe_enum(
    HalfRounding,
    "Where half of the smallest amount goes.",
    {"UP": "To the next.", "EVEN": "To the next that is even."},
)
describe_enum(
    FlashSaleStatus,
    "What a flash sale does at this moment.",
    {
        "SCHEDULED": "It has not begun.",
        "RUNNING": "It sells.",
        "PAUSED": "It has begun, and sells nothing until it is resumed.",
        "ENDED": "It sells no more: its time is over, or it was ended or called off.",
    },
)
describe_enum(
    OrderStatus,
    "How far an order has come.",
    {
        "ACCEPTED": "Its stock is held, and it is kept; the database will have it in a moment.",
        "AWAITING_PAYMENT": "To be paid until `expiresAt`.",
        "PAID": "The money is there; nothing, or only a part, is shipped.",
        "SHIPPED": "All that is left of it is on its way.",
        "COMPLETED": "It has arrived.",
        "CANCELLED": "By the customer or by staff; stock and money were given back.",
        "EXPIRED": "It was not paid in time; its stock was given back.",
        "REJECTED": "The database had less stock than the sale believed; nothing is owed.",
        "REFUNDED": "All of its money was given back.",
    },
)
describe_enum(
    OrderActor,
    "Who did something to an order.",
    {
        "CUSTOMER": "Whose order it is.",
        "STAFF": "Somebody of the shop, or a machine of theirs.",
        "SYSTEM": "The server by itself, e.g. when an order is not paid.",
    },
)
describe_enum(
    PaymentStatus,
    "How far a payment has come.",
    {
        "PENDING": "The customer has not paid yet.",
        "AUTHORIZED": "The money is promised, and not taken.",
        "CAPTURED": "The money is there.",
        "FAILED": "The provider would not, or the customer declined.",
        "CANCELLED": "It was given up before money came.",
        "PARTIALLY_REFUNDED": "A part of the money was given back.",
        "REFUNDED": "All of the money was given back.",
    },
)
describe_enum(
    PaymentProblem,
    "Why money is held until staff give it back: it is not what the order costs.",
    {"WRONG_AMOUNT": "It is more or less.", "WRONG_CURRENCY": "It is in another currency."},
)
describe_enum(
    RefundState,
    "Whether money was given back.",
    {
        "PENDING": "The provider has been asked, or will be.",
        "DONE": "It was.",
        "FAILED": "The provider will not, so staff must see to it.",
    },
)
describe_enum(
    InboxState,
    "What came of a provider's event.",
    {
        "DONE": "It was used.",
        "UNKNOWN": "It was about no payment of ours.",
        "IGNORED": "It was of a kind that is not used.",
    },
)
describe_enum(
    DeliveryState,
    "Whether a webhook has arrived.",
    {
        "PENDING": "It is sent, or sent again, when it is due.",
        "DELIVERED": "The endpoint has taken it.",
        "FAILED": "It was tried for a day.",
    },
)
describe_enum(
    ArmedState,
    "How far an armed order is.",
    {
        "SETTING_UP": "The customer is to set up the payment, on the provider's page.",
        "READY": "One press places it.",
        "FAILED": "The payment could not be set up.",
        "DISARMED": "The customer did not want it any more.",
        "EXPIRED": "The sale was over before it was placed.",
        "PLACED": "It is an order, and about to be charged.",
        "CHARGED": "It was charged, or there was nothing to charge.",
        "DECLINED": "It could not be charged: the order was cancelled.",
    },
)
describe_enum(
    DiscountKind,
    "What a discount code takes off.",
    {
        "PERCENT": "A part of what the lines cost.",
        "AMOUNT": "So much of what the lines cost.",
        "FREE_SHIPPING": "All of the shipping.",
    },
)
describe_enum(
    ProductSort,
    "The order of a list of products.",
    {
        "NEWEST": "What was made last comes first.",
        "TITLE": "By title, from A on.",
        "PRICE_ASC": "The cheapest first, by the cheapest variant.",
        "PRICE_DESC": "The dearest first, by the cheapest variant.",
        "RELEVANCE": "What fits the search best comes first.",
    },
)
describe_enum(
    BulkPolicy,
    "What becomes of the good rows when others are at fault.",
    {"REJECT_ALL": "Nothing is written.", "REJECT_ROWS": "They are written; only the others are not."},
)
describe_enum(
    CartNoteCode,
    "What has changed about a line since it was added, or is to be said of the cart.",
    {
        "PRICE_CHANGED": "It costs more or less than when it was added.",
        "NOT_ENOUGH_STOCK": "There are fewer than the line asks for.",
        "SOLD_OUT": "There are none at the moment.",
        "GUEST_LINES_LEFT": "There was no room for all lines of the guest's cart: the others are still there.",
    },
)
describe_enum(
    CacheScope,
    "Whose an answer is.",
    {"PUBLIC": "The same for all who are not signed in.", "PRIVATE": "One's own."},
)
describe_enum(
    JobKind,
    "What a job brings in or takes out.",
    {
        "PRODUCT_IMPORT": "Products of a CSV as Shopify exports it, or WooCommerce. Takes CATALOG_WRITE.",
        "STOCK_IMPORT": "What is on hand, of an inventory CSV as Shopify exports it. Takes STOCK_WRITE.",
        "PRODUCT_EXPORT": "Products, as a CSV that a product import takes. Takes CATALOG_READ.",
        "ORDER_EXPORT": "Orders, a row for each line. Takes ORDERS_READ.",
    },
)
describe_enum(
    JobState,
    "How far a job is. The last three are ends.",
    {
        "UPLOADING": "Its file is not whole yet.",
        "QUEUED": "A worker will take it.",
        "RUNNING": "A worker is at it; another goes on when that one dies.",
        "DONE": "All is written.",
        "FAILED": "Nothing is written; its problems say why.",
        "CANCELLED": "Nothing is written.",
    },
)
describe_enum(
    MetadataOwner,
    "What has metadata.",
    {
        "PRODUCT": "A product as a whole.",
        "VARIANT": "One of a product's variants.",
        "CUSTOMER": "An account, or a guest.",
        "ORDER": "An order, once it is in the database.",
    },
)
describe_enum(
    MetadataType,
    "What values of a key must be.",
    {
        "TEXT": "Any text, of some lines perhaps.",
        "INTEGER": "A whole number of at most 18 digits.",
        "DECIMAL": "A number such as -12.5.",
        "BOOLEAN": "true or false.",
        "DATE": "A day, such as 2026-11-30.",
        "DATE_TIME": "A moment with its offset, such as 2026-11-30T12:00:00Z.",
        "URL": "An address that begins with http:// or https://.",
        "JSON": "Any JSON, nested ten deep at most.",
    },
)
describe_enum(
    MetadataVisibility,
    "Who sees the values of a key.",
    {"PUBLIC": "Whoever sees what has it.", "PRIVATE": "Staff alone."},
)
