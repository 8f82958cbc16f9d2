"""Descriptions that several fields share."""

from typing import Final

IDEMPOTENCY_KEY: Final = (
    "1 to 128 printable characters, new for each intention; the same for a retry, which gets the first answer."
)
VERSION_NOW: Final = "Counts its changes; a mutation names the one it is based on."
NODE_ID: Final = "Opaque, and of this one thing in all the schema: what a client may keep it by."
PASSWORD: Final = "8 to 1,024 characters, and none of those that everybody tries first."  # noqa: S105 - no password
SKU: Final = "Of the variant that it is about."
LEDGER_NOTE: Final = "What is to be said of it, in the ledger."
ADDRESS_ID: Final = "Where it is sent: an entry of one's address book, kept as it is now. Without one when absent."
CART_LINE: Final = "The line of one's cart, whether it can be ordered at the moment or not."
ORDER_ID: Final = "The order that it is about."
PAYMENT_ID: Final = "The payment that it is about."
PRODUCT_ID: Final = "The product that it is about."
VARIANT_ID: Final = "The variant that it is about."
IMAGE_ID: Final = "The picture that it is about."
USER_ID: Final = "The account that it is about."
