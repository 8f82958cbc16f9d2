"""Settings that are several texts with commas between them."""

from typing import Final

from pydantic import BeforeValidator


def _split(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


COMMA_SEPARATED: Final = BeforeValidator(_split)
