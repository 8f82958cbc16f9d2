"""Locales: BCP 47 tags, of which only the shape is checked."""

import re

from services.shared.errors import InvalidInput

MAX_LOCALE = 16
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)


def normalise_locale(typed: str) -> str:
    """The language in small letters, e.g. ``zh-Hans``. Errors: InvalidInput at ``locale``."""
    if len(typed) > MAX_LOCALE or not _TAG.fullmatch(typed):
        raise InvalidInput.at("locale", message="is not a language tag such as en or zh-Hans")
    language, separator, rest = typed.partition("-")
    return f"{language.lower()}{separator}{rest}"
