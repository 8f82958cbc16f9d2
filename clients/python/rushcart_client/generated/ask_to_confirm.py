from typing import Literal, Union

from pydantic import Field

from .base_model import BaseModel


class AskToConfirm(BaseModel):
    asked: Union[
        "AskToConfirmAskedRequestEmailVerificationSuccess",
        "AskToConfirmAskedEmailAlreadyVerified",
        "AskToConfirmAskedInvalidInput",
        "AskToConfirmAskedTryAgain",
    ] = Field(discriminator="typename__")


class AskToConfirmAskedRequestEmailVerificationSuccess(BaseModel):
    typename__: Literal["RequestEmailVerificationSuccess"] = Field(alias="__typename")
    email: str


class AskToConfirmAskedEmailAlreadyVerified(BaseModel):
    typename__: Literal["EmailAlreadyVerified"] = Field(alias="__typename")
    code: str
    message: str


class AskToConfirmAskedInvalidInput(BaseModel):
    typename__: Literal["InvalidInput"] = Field(alias="__typename")
    fields: list["AskToConfirmAskedInvalidInputFields"]
    code: str
    message: str


class AskToConfirmAskedInvalidInputFields(BaseModel):
    path: list[str]
    message: str


class AskToConfirmAskedTryAgain(BaseModel):
    typename__: Literal["TryAgain"] = Field(alias="__typename")
    retry_after_ms: int = Field(alias="retryAfterMs")
    code: str
    message: str


AskToConfirm.model_rebuild()
AskToConfirmAskedInvalidInput.model_rebuild()
