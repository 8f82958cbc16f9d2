from typing import Literal, Union

from pydantic import Field

from .base_model import BaseModel


class ConfirmEmail(BaseModel):
    confirmed: Union[
        "ConfirmEmailConfirmedVerifyEmailSuccess",
        "ConfirmEmailConfirmedInvalidToken",
        "ConfirmEmailConfirmedEmailTaken",
        "ConfirmEmailConfirmedTryAgain",
    ] = Field(discriminator="typename__")


class ConfirmEmailConfirmedVerifyEmailSuccess(BaseModel):
    typename__: Literal["VerifyEmailSuccess"] = Field(alias="__typename")
    email: str


class ConfirmEmailConfirmedInvalidToken(BaseModel):
    typename__: Literal["InvalidToken"] = Field(alias="__typename")
    code: str
    message: str


class ConfirmEmailConfirmedEmailTaken(BaseModel):
    typename__: Literal["EmailTaken"] = Field(alias="__typename")
    code: str
    message: str


class ConfirmEmailConfirmedTryAgain(BaseModel):
    typename__: Literal["TryAgain"] = Field(alias="__typename")
    retry_after_ms: int = Field(alias="retryAfterMs")
    code: str
    message: str


ConfirmEmail.model_rebuild()
