from typing import Literal, Union

from pydantic import Field

from .base_model import BaseModel
from .fragments import (
    Tokens,
    TokensUser,  # noqa: F401
)


class SignIn(BaseModel):
    login: Union["SignInLoginSession", "SignInLoginInvalidCredentials"] = Field(discriminator="typename__")


class SignInLoginSession(Tokens):
    typename__: Literal["Session"] = Field(alias="__typename")


class SignInLoginInvalidCredentials(BaseModel):
    typename__: Literal["InvalidCredentials"] = Field(alias="__typename")
    code: str
    message: str


SignIn.model_rebuild()
