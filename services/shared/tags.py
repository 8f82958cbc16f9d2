"""Words that staff put on things to find them by. Pure."""

import unicodedata
from collections.abc import Iterable
from typing import Final

from services.shared.errors import InvalidInput
from services.shared.texts import line_problem

LONGEST_TAG: Final = 40
MOST_TAGS: Final = 20


def normal_tag(text: str) -> str:
    """Returns a tag as it is kept and found: composed, in small letters, without spaces around it."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text).casefold()).strip()


def clean_tags(typed: Iterable[str], field: str) -> list[str]:
    """Returns the tags as they are kept, each once, sorted. Errors: InvalidInput at the one that is none."""
    tags = []
    for position, text in enumerate(typed):
        if position >= MOST_TAGS:
            raise InvalidInput.at(field, message=f"must be at most {MOST_TAGS}")
        # Folding may lengthen a text a few times: what is far too long is not looked at.
        tag = normal_tag(text[: 2 * LONGEST_TAG])
        if problem := line_problem(tag, LONGEST_TAG, required=True):
            raise InvalidInput.at(field, str(position), message=problem)
        tags.append(tag)
    return sorted(set(tags))
