"""E-mail addresses: one spelling for each, checked for shape only."""

import re
import unicodedata

MAX_LENGTH = 254

_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_ADDRESS = re.compile(rf"[^\s@\"(),:;<>\[\\\]]{{1,64}}@(?:{_LABEL}\.)+{_LABEL}")


class InvalidEmail(ValueError):
    """The message is for the person who typed it."""


def normalise_email(typed: str) -> str:
    """Trimmed, NFKC, lower case. Errors: InvalidEmail."""
    if len(typed) > 2 * MAX_LENGTH:
        raise InvalidEmail("is too long")
    email = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", typed).lower()).strip()
    if len(email) > MAX_LENGTH:
        raise InvalidEmail("is too long")
    local = email.partition("@")[0]
    dotted_wrong = local.startswith(".") or local.endswith(".") or ".." in local
    if dotted_wrong or not email.isprintable() or _ADDRESS.fullmatch(email) is None:
        raise InvalidEmail("is not an e-mail address")
    return email
