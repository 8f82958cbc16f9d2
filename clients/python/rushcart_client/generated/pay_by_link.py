from typing import Literal, Optional, Union

from pydantic import Field

from .base_model import BaseModel
from .enums import PaymentStatus
from .fragments import Price


class PayByLink(BaseModel):
    payment: Union[
        "PayByLinkPaymentPayment",
        "PayByLinkPaymentNotFound",
        "PayByLinkPaymentInvalidTransition",
        "PayByLinkPaymentPaymentDeclined",
        "PayByLinkPaymentIdempotencyConflict",
        "PayByLinkPaymentTryAgain",
        "PayByLinkPaymentInvalidInput",
    ] = Field(discriminator="typename__")


class PayByLinkPaymentPayment(BaseModel):
    typename__: Literal["Payment"] = Field(alias="__typename")
    id: str
    provider: str
    status: PaymentStatus
    redirect_url: Optional[str] = Field(alias="redirectUrl")
    amount: "PayByLinkPaymentPaymentAmount"


PayByLinkPaymentPaymentAmount = Price


class PayByLinkPaymentNotFound(BaseModel):
    typename__: Literal["NotFound"] = Field(alias="__typename")
    code: str
    message: str


class PayByLinkPaymentInvalidTransition(BaseModel):
    typename__: Literal["InvalidTransition"] = Field(alias="__typename")
    code: str
    message: str


class PayByLinkPaymentPaymentDeclined(BaseModel):
    typename__: Literal["PaymentDeclined"] = Field(alias="__typename")
    code: str
    message: str


class PayByLinkPaymentIdempotencyConflict(BaseModel):
    typename__: Literal["IdempotencyConflict"] = Field(alias="__typename")
    code: str
    message: str


class PayByLinkPaymentTryAgain(BaseModel):
    typename__: Literal["TryAgain"] = Field(alias="__typename")
    retry_after_ms: int = Field(alias="retryAfterMs")
    code: str
    message: str


class PayByLinkPaymentInvalidInput(BaseModel):
    typename__: Literal["InvalidInput"] = Field(alias="__typename")
    fields: list["PayByLinkPaymentInvalidInputFields"]
    code: str
    message: str


class PayByLinkPaymentInvalidInputFields(BaseModel):
    path: list[str]
    message: str


PayByLink.model_rebuild()
PayByLinkPaymentPayment.model_rebuild()
PayByLinkPaymentInvalidInput.model_rebuild()
