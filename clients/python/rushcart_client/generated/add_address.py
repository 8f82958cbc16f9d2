from typing import Literal, Union

from pydantic import Field

from .base_model import BaseModel


class AddAddress(BaseModel):
    address: Union["AddAddressAddressAddress", "AddAddressAddressInvalidInput"] = Field(discriminator="typename__")


class AddAddressAddressAddress(BaseModel):
    typename__: Literal["Address"] = Field(alias="__typename")
    id: str


class AddAddressAddressInvalidInput(BaseModel):
    typename__: Literal["InvalidInput"] = Field(alias="__typename")
    fields: list["AddAddressAddressInvalidInputFields"]
    code: str
    message: str


class AddAddressAddressInvalidInputFields(BaseModel):
    path: list[str]
    message: str


AddAddress.model_rebuild()
AddAddressAddressInvalidInput.model_rebuild()
