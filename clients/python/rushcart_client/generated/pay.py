from typing import Literal, Optional, Union

from pydantic import Field

from .base_model import BaseModel
from .enums import PaymentStatus
from .fragments import Price


class Pay(BaseModel):
    create_payment: Union[
        "PayCreatePaymentPayment",
        "PayCreatePaymentNotFound",
        "PayCreatePaymentInvalidTransition",
        "PayCreatePaymentPaymentDeclined",
        "PayCreatePaymentIdempotencyConflict",
        "PayCreatePaymentTryAgain",
        "PayCreatePaymentInvalidInput",
    ] = Field(alias="createPayment", discriminator="typename__")


class PayCreatePaymentPayment(BaseModel):
    typename__: Literal["Payment"] = Field(alias="__typename")
    id: str
    provider: str
    status: PaymentStatus
    redirect_url: Optional[str] = Field(alias="redirectUrl")
    amount: "PayCreatePaymentPaymentAmount"


PayCreatePaymentPaymentAmount = Price


class PayCreatePaymentNotFound(BaseModel):
    typename__: Literal["NotFound"] = Field(alias="__typename")
    code: str
    message: str


class PayCreatePaymentInvalidTransition(BaseModel):
    typename__: Literal["InvalidTransition"] = Field(alias="__typename")
    code: str
    message: str


class PayCreatePaymentPaymentDeclined(BaseModel):
    typename__: Literal["PaymentDeclined"] = Field(alias="__typename")
    code: str
    message: str


class PayCreatePaymentIdempotencyConflict(BaseModel):
    typename__: Literal["IdempotencyConflict"] = Field(alias="__typename")
    code: str
    message: str


class PayCreatePaymentTryAgain(BaseModel):
    typename__: Literal["TryAgain"] = Field(alias="__typename")
    retry_after_ms: int = Field(alias="retryAfterMs")
    code: str
    message: str


class PayCreatePaymentInvalidInput(BaseModel):
    typename__: Literal["InvalidInput"] = Field(alias="__typename")
    fields: list["PayCreatePaymentInvalidInputFields"]
    code: str
    message: str


class PayCreatePaymentInvalidInputFields(BaseModel):
    path: list[str]
    message: str


Pay.model_rebuild()
PayCreatePaymentPayment.model_rebuild()
PayCreatePaymentInvalidInput.model_rebuild()
