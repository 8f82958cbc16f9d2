"""What every group of settings is."""

import json
from typing import ClassVar

from pydantic_settings import BaseSettings, SettingsConfigDict


class Group(BaseSettings):
    """Read from the environment by itself: a setting's variable does not say its group."""

    model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(
        env_prefix="RUSHCART_", extra="ignore", frozen=True, hide_input_in_errors=True
    )


def json_object(value: object) -> object:
    """Read the text of a variable; nothing is an empty object. Errors: ValueError."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value or "{}")
    except ValueError:
        # The parser's own message repeats what it read.
        raise ValueError("must be a JSON object") from None
