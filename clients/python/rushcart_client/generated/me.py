from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .enums import Role


class Me(BaseModel):
    me: Optional["MeMe"]


class MeMe(BaseModel):
    id: str
    email: str
    display_name: str = Field(alias="displayName")
    roles: list[Role]


Me.model_rebuild()
