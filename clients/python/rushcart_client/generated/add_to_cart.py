from typing import Literal, Union

from pydantic import Field

from .base_model import BaseModel
from .fragments import CartParts


class AddToCart(BaseModel):
    add_cart_item: Union[
        "AddToCartAddCartItemCartPayload",
        "AddToCartAddCartItemOutOfStock",
        "AddToCartAddCartItemNotFound",
        "AddToCartAddCartItemInvalidInput",
        "AddToCartAddCartItemTryAgain",
    ] = Field(alias="addCartItem", discriminator="typename__")


class AddToCartAddCartItemCartPayload(BaseModel):
    typename__: Literal["CartPayload"] = Field(alias="__typename")
    cart: "AddToCartAddCartItemCartPayloadCart"


AddToCartAddCartItemCartPayloadCart = CartParts


class AddToCartAddCartItemOutOfStock(BaseModel):
    typename__: Literal["OutOfStock"] = Field(alias="__typename")
    sku: str
    available: int
    code: str
    message: str


class AddToCartAddCartItemNotFound(BaseModel):
    typename__: Literal["NotFound"] = Field(alias="__typename")
    code: str
    message: str


class AddToCartAddCartItemInvalidInput(BaseModel):
    typename__: Literal["InvalidInput"] = Field(alias="__typename")
    fields: list["AddToCartAddCartItemInvalidInputFields"]
    code: str
    message: str


class AddToCartAddCartItemInvalidInputFields(BaseModel):
    path: list[str]
    message: str


class AddToCartAddCartItemTryAgain(BaseModel):
    typename__: Literal["TryAgain"] = Field(alias="__typename")
    retry_after_ms: int = Field(alias="retryAfterMs")
    code: str
    message: str


AddToCart.model_rebuild()
AddToCartAddCartItemCartPayload.model_rebuild()
AddToCartAddCartItemInvalidInput.model_rebuild()
