from typing import Literal, Union

from pydantic import Field

from .base_model import BaseModel
from .fragments import (
    Tokens,
    TokensUser,  # noqa: F401
)


class StartGuest(BaseModel):
    guest: Union[
        "StartGuestGuestSession",
        "StartGuestGuestInvalidInput",
        "StartGuestGuestTryAgain",
    ] = Field(discriminator="typename__")


class StartGuestGuestSession(Tokens):
    typename__: Literal["Session"] = Field(alias="__typename")


class StartGuestGuestInvalidInput(BaseModel):
    typename__: Literal["InvalidInput"] = Field(alias="__typename")
    fields: list["StartGuestGuestInvalidInputFields"]
    code: str
    message: str


class StartGuestGuestInvalidInputFields(BaseModel):
    path: list[str]
    message: str


class StartGuestGuestTryAgain(BaseModel):
    typename__: Literal["TryAgain"] = Field(alias="__typename")
    code: str
    message: str


StartGuest.model_rebuild()
StartGuestGuestInvalidInput.model_rebuild()
