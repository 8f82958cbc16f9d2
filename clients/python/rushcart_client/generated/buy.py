from datetime import datetime
from typing import Literal, Union

from pydantic import Field

from .base_model import BaseModel
from .fragments import OrderParts, OrderPartsLines, OrderPartsTotal  # noqa: F401


class Buy(BaseModel):
    place_flash_order: Union[
        "BuyPlaceFlashOrderOrder",
        "BuyPlaceFlashOrderOutOfStock",
        "BuyPlaceFlashOrderFlashSaleNotRunning",
        "BuyPlaceFlashOrderPurchaseLimitReached",
        "BuyPlaceFlashOrderAdmissionRequired",
        "BuyPlaceFlashOrderEmailNotConfirmed",
        "BuyPlaceFlashOrderNotFound",
        "BuyPlaceFlashOrderIdempotencyConflict",
        "BuyPlaceFlashOrderTryAgain",
        "BuyPlaceFlashOrderInvalidInput",
    ] = Field(alias="placeFlashOrder", discriminator="typename__")


class BuyPlaceFlashOrderOrder(OrderParts):
    typename__: Literal["Order"] = Field(alias="__typename")


class BuyPlaceFlashOrderOutOfStock(BaseModel):
    typename__: Literal["OutOfStock"] = Field(alias="__typename")
    sku: str
    available: int
    code: str
    message: str


class BuyPlaceFlashOrderFlashSaleNotRunning(BaseModel):
    typename__: Literal["FlashSaleNotRunning"] = Field(alias="__typename")
    starts_at: datetime = Field(alias="startsAt")
    ends_at: datetime = Field(alias="endsAt")
    code: str
    message: str


class BuyPlaceFlashOrderPurchaseLimitReached(BaseModel):
    typename__: Literal["PurchaseLimitReached"] = Field(alias="__typename")
    limit: int
    already_ordered: int = Field(alias="alreadyOrdered")
    code: str
    message: str


class BuyPlaceFlashOrderAdmissionRequired(BaseModel):
    typename__: Literal["AdmissionRequired"] = Field(alias="__typename")
    code: str
    message: str


class BuyPlaceFlashOrderEmailNotConfirmed(BaseModel):
    typename__: Literal["EmailNotConfirmed"] = Field(alias="__typename")
    code: str
    message: str


class BuyPlaceFlashOrderNotFound(BaseModel):
    typename__: Literal["NotFound"] = Field(alias="__typename")
    code: str
    message: str


class BuyPlaceFlashOrderIdempotencyConflict(BaseModel):
    typename__: Literal["IdempotencyConflict"] = Field(alias="__typename")
    code: str
    message: str


class BuyPlaceFlashOrderTryAgain(BaseModel):
    typename__: Literal["TryAgain"] = Field(alias="__typename")
    retry_after_ms: int = Field(alias="retryAfterMs")
    code: str
    message: str


class BuyPlaceFlashOrderInvalidInput(BaseModel):
    typename__: Literal["InvalidInput"] = Field(alias="__typename")
    fields: list["BuyPlaceFlashOrderInvalidInputFields"]
    code: str
    message: str


class BuyPlaceFlashOrderInvalidInputFields(BaseModel):
    path: list[str]
    message: str


Buy.model_rebuild()
BuyPlaceFlashOrderInvalidInput.model_rebuild()
