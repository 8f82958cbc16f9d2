"""Texts as search sees them: folded, and split into words and into runs of scripts that have no spaces. Pure.

``Café-Crème`` and ``CAFE CREME`` are the same. A run of Chinese is kept whole; it is found by any part of it.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

LEAD: Final = 5
"""Letters of a word that lead to its products."""
# Letters that no decomposition takes apart, as people type them without the keyboard for it.
_PLAIN: Final = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
# Marks that make another letter rather than an accent: the kana's voicing, the viramas of Indic scripts.
_KEPT_CLASSES: Final = frozenset({0, 8, 9})
_POSSESSIVE: Final = re.compile(r"['’]s(?!\w)")
# Han, kana, Hangul, Thai, Lao, Burmese, Khmer.
_UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7a3\U00020000-\U000323af"
)
# The vowel signs of Indic scripts are no letters to Python.
_WORD: Final = rf"(?:[^\W_{_UNSPACED}]|[\u0900-\u0963\u0966-\u0dff])+"
_TOKEN: Final = re.compile(rf"(?P<run>[{_UNSPACED}]+)|(?P<word>{_WORD})")
_HYPHENATED: Final = re.compile(rf"{_WORD}(?:[-‐‑]{_WORD})+")
_LONGEST_COMPOUND: Final = 32


class Token(NamedTuple):
    """``is_run``: of a script without spaces, so that a part of it may be a word too."""

    text: str
    is_run: bool


def fold(text: str) -> str:
    """Returns the text without case, accents, width and ligatures."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = "".join(c for c in plain if unicodedata.combining(c) in _KEPT_CLASSES)
    return unicodedata.normalize("NFC", bare).translate(_PLAIN)


def tokens(text: str) -> list[Token]:
    """Returns the words in their order; punctuation, symbols and emoji are none."""
    return list(_tokens(_POSSESSIVE.sub("s", fold(text))))


def _tokens(folded: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(folded):
        yield Token(match.group(), match.lastgroup == "run")


def indexed_tokens(text: str) -> list[Token]:
    """Returns words as ``tokens``, and compounds in one word as well: ``T-Shirt`` is found by ``tshirt`` too."""
    folded = _POSSESSIVE.sub("s", fold(text))
    compounds = (re.sub(r"[-‐‑]", "", match.group()) for match in _HYPHENATED.finditer(folded))
    joined = [Token(text, is_run=False) for text in compounds if len(text) <= _LONGEST_COMPOUND]
    return [*_tokens(folded), *joined]


def as_text(found: Iterable[Token]) -> str:
    """Returns one line in which a word is found by ``" word"``: a space on each side of each."""
    line = " ".join(token.text for token in found)
    return f" {line} " if line else ""


def bigrams(run: str) -> Iterator[str]:
    """Yields the pairs of a run of two and more: what leads to the products that have it."""
    return (run[at : at + 2] for at in range(len(run) - 1))
