from typing import Literal, Union

from pydantic import Field

from .base_model import BaseModel
from .fragments import (
    Tokens,
    TokensUser,  # noqa: F401
)


class SignUp(BaseModel):
    session: Union["SignUpSessionSession", "SignUpSessionEmailTaken", "SignUpSessionInvalidInput"] = Field(
        discriminator="typename__"
    )


class SignUpSessionSession(Tokens):
    typename__: Literal["Session"] = Field(alias="__typename")


class SignUpSessionEmailTaken(BaseModel):
    typename__: Literal["EmailTaken"] = Field(alias="__typename")
    code: str
    message: str


class SignUpSessionInvalidInput(BaseModel):
    typename__: Literal["InvalidInput"] = Field(alias="__typename")
    fields: list["SignUpSessionInvalidInputFields"]
    code: str
    message: str


class SignUpSessionInvalidInputFields(BaseModel):
    path: list[str]
    message: str


SignUp.model_rebuild()
SignUpSessionInvalidInput.model_rebuild()
