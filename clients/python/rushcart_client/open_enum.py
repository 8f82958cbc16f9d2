"""Enums that later versions of the server may add to."""

from enum import StrEnum
from typing import Self


class OpenEnum(StrEnum):
    """A value that this version does not know is a member of its own name and value."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = member._value_ = value
        return member
