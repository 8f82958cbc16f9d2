from typing import Literal, Union

from pydantic import Field

from .base_model import BaseModel
from .fragments import OrderParts, OrderPartsLines, OrderPartsTotal  # noqa: F401


class CheckOut(BaseModel):
    checkout: Union[
        "CheckOutCheckoutOrder",
        "CheckOutCheckoutCartEmpty",
        "CheckOutCheckoutOutOfStock",
        "CheckOutCheckoutNotFound",
        "CheckOutCheckoutIdempotencyConflict",
        "CheckOutCheckoutTryAgain",
        "CheckOutCheckoutInvalidInput",
    ] = Field(discriminator="typename__")


class CheckOutCheckoutOrder(OrderParts):
    typename__: Literal["Order"] = Field(alias="__typename")


class CheckOutCheckoutCartEmpty(BaseModel):
    typename__: Literal["CartEmpty"] = Field(alias="__typename")
    code: str
    message: str


class CheckOutCheckoutOutOfStock(BaseModel):
    typename__: Literal["OutOfStock"] = Field(alias="__typename")
    sku: str
    available: int
    code: str
    message: str


class CheckOutCheckoutNotFound(BaseModel):
    typename__: Literal["NotFound"] = Field(alias="__typename")
    code: str
    message: str


class CheckOutCheckoutIdempotencyConflict(BaseModel):
    typename__: Literal["IdempotencyConflict"] = Field(alias="__typename")
    code: str
    message: str


class CheckOutCheckoutTryAgain(BaseModel):
    typename__: Literal["TryAgain"] = Field(alias="__typename")
    retry_after_ms: int = Field(alias="retryAfterMs")
    code: str
    message: str


class CheckOutCheckoutInvalidInput(BaseModel):
    typename__: Literal["InvalidInput"] = Field(alias="__typename")
    fields: list["CheckOutCheckoutInvalidInputFields"]
    code: str
    message: str


class CheckOutCheckoutInvalidInputFields(BaseModel):
    path: list[str]
    message: str


CheckOut.model_rebuild()
CheckOutCheckoutInvalidInput.model_rebuild()
