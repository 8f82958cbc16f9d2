from typing import Literal, Union

from pydantic import Field

from .base_model import BaseModel


class SignOut(BaseModel):
    logout: Union["SignOutLogoutLogoutSuccess", "SignOutLogoutSessionExpired"] = Field(discriminator="typename__")


class SignOutLogoutLogoutSuccess(BaseModel):
    typename__: Literal["LogoutSuccess"] = Field(alias="__typename")


class SignOutLogoutSessionExpired(BaseModel):
    typename__: Literal["SessionExpired"] = Field(alias="__typename")
    code: str
    message: str


SignOut.model_rebuild()
