from typing import Literal, Union

from pydantic import Field

from .base_model import BaseModel
from .enums import OrderStatus
from .fragments import OrderParts, OrderPartsLines, OrderPartsTotal  # noqa: F401


class Cancel(BaseModel):
    cancel_order: Union[
        "CancelCancelOrderOrder",
        "CancelCancelOrderNotFound",
        "CancelCancelOrderInvalidTransition",
        "CancelCancelOrderIdempotencyConflict",
        "CancelCancelOrderTryAgain",
        "CancelCancelOrderInvalidInput",
    ] = Field(alias="cancelOrder", discriminator="typename__")


class CancelCancelOrderOrder(OrderParts):
    typename__: Literal["Order"] = Field(alias="__typename")


class CancelCancelOrderNotFound(BaseModel):
    typename__: Literal["NotFound"] = Field(alias="__typename")
    code: str
    message: str


class CancelCancelOrderInvalidTransition(BaseModel):
    typename__: Literal["InvalidTransition"] = Field(alias="__typename")
    from_: OrderStatus = Field(alias="from")
    to: OrderStatus
    code: str
    message: str


class CancelCancelOrderIdempotencyConflict(BaseModel):
    typename__: Literal["IdempotencyConflict"] = Field(alias="__typename")
    code: str
    message: str


class CancelCancelOrderTryAgain(BaseModel):
    typename__: Literal["TryAgain"] = Field(alias="__typename")
    retry_after_ms: int = Field(alias="retryAfterMs")
    code: str
    message: str


class CancelCancelOrderInvalidInput(BaseModel):
    typename__: Literal["InvalidInput"] = Field(alias="__typename")
    fields: list["CancelCancelOrderInvalidInputFields"]
    code: str
    message: str


class CancelCancelOrderInvalidInputFields(BaseModel):
    path: list[str]
    message: str


Cancel.model_rebuild()
CancelCancelOrderInvalidInput.model_rebuild()
