from datetime import datetime
from decimal import Decimal
from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .enums import FlashSaleStatus, OrderStatus, Role


class Price(BaseModel):
    amount: Decimal
    currency_code: str = Field(alias="currencyCode")


class CartParts(BaseModel):
    id: str
    currency_code: str = Field(alias="currencyCode")
    total_quantity: int = Field(alias="totalQuantity")
    subtotal: "CartPartsSubtotal"
    items: list["CartPartsItems"]
    unavailable_items: list["CartPartsUnavailableItems"] = Field(alias="unavailableItems")


class CartPartsSubtotal(Price):
    pass


class CartPartsItems(BaseModel):
    id: str
    quantity: int
    available: int
    unit_price: "CartPartsItemsUnitPrice" = Field(alias="unitPrice")
    line_total: "CartPartsItemsLineTotal" = Field(alias="lineTotal")
    variant: "CartPartsItemsVariant"


class CartPartsItemsUnitPrice(Price):
    pass


class CartPartsItemsLineTotal(Price):
    pass


class CartPartsItemsVariant(BaseModel):
    id: str
    sku: str
    title: str


class CartPartsUnavailableItems(BaseModel):
    id: str
    sku: str
    title: str
    quantity: int


class OrderParts(BaseModel):
    id: str
    number: str
    status: OrderStatus
    placed_at: datetime = Field(alias="placedAt")
    expires_at: Optional[datetime] = Field(alias="expiresAt")
    total: "OrderPartsTotal"
    lines: list["OrderPartsLines"]


class OrderPartsTotal(Price):
    pass


class OrderPartsLines(BaseModel):
    id: str
    sku: str
    title: str
    quantity: int
    unit_price: "OrderPartsLinesUnitPrice" = Field(alias="unitPrice")
    line_total: "OrderPartsLinesLineTotal" = Field(alias="lineTotal")


class OrderPartsLinesUnitPrice(Price):
    pass


class OrderPartsLinesLineTotal(Price):
    pass


class ProductParts(BaseModel):
    id: str
    slug: str
    title: str
    description: str
    images: list["ProductPartsImages"]
    variants: list["ProductPartsVariants"]


class ProductPartsImages(BaseModel):
    url: str
    alt_text: Optional[str] = Field(alias="altText")


class ProductPartsVariants(BaseModel):
    id: str
    sku: str
    title: str
    price: "ProductPartsVariantsPrice"
    stock: "ProductPartsVariantsStock"
    flash_sale_items: list["ProductPartsVariantsFlashSaleItems"] = Field(alias="flashSaleItems")


class ProductPartsVariantsPrice(Price):
    pass


class ProductPartsVariantsStock(BaseModel):
    available: int


class ProductPartsVariantsFlashSaleItems(BaseModel):
    id: str
    remaining: int
    per_customer_limit: int = Field(alias="perCustomerLimit")
    price: "ProductPartsVariantsFlashSaleItemsPrice"
    sale: "ProductPartsVariantsFlashSaleItemsSale"


class ProductPartsVariantsFlashSaleItemsPrice(Price):
    pass


class ProductPartsVariantsFlashSaleItemsSale(BaseModel):
    id: str
    name: str
    status: FlashSaleStatus
    starts_at: datetime = Field(alias="startsAt")
    ends_at: datetime = Field(alias="endsAt")


class Tokens(BaseModel):
    access_token: str = Field(alias="accessToken")
    access_token_expires_at: datetime = Field(alias="accessTokenExpiresAt")
    refresh_token: str = Field(alias="refreshToken")
    user: "TokensUser"


class TokensUser(BaseModel):
    id: str
    email: str
    display_name: str = Field(alias="displayName")
    roles: list[Role]


Price.model_rebuild()
CartParts.model_rebuild()
OrderParts.model_rebuild()
ProductParts.model_rebuild()
Tokens.model_rebuild()
