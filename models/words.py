"""Words of a text for a search index: of any script, whatever the case and the accents. Pure.

Words of scripts that write spaces are runs of letters and digits. Chinese and Japanese write none, so a run of
their characters becomes its characters and its pairs of neighbours, which find a word of any length as well as a
dictionary would (Unicode Standard Annex 29 leaves these scripts to one).
"""

import re
import unicodedata
from collections.abc import Iterator

LONGEST = 32
"""Characters of a word that count."""

# Letters that differ from their plain form by a stroke, which Unicode does not take apart.
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "’": "", "'": ""}
)
# Only the accents of Latin, Greek and Cyrillic: of other scripts the marks are letters.
_ACCENTS = re.compile("[\u0300-\u036f]")
_RUNS = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]+|[^\W_]+")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
_TAGS = re.compile(r"<[^<>]{0,1000}>")


def fold(text: str) -> str:
    """Without case and accents, in compatibility form: ``Café`` and ``ＣＡＦＥ`` are ``cafe``."""
    apart = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFKC", _ACCENTS.sub("", apart)).translate(_PLAIN)


def words(text: str) -> Iterator[str]:
    """Every word of a text to be found, some more than once."""
    for run in _runs(text):
        if is_unspaced(run):
            yield from run
            yield from _pairs(run)
        else:
            yield run[:LONGEST]


def wanted_words(text: str) -> list[str]:
    """What a text must have that is searched for by this one, each once, in order."""
    found: list[str] = []
    for run in _runs(text):
        if is_unspaced(run):
            found += _pairs(run) if len(run) > 1 else [run]
        else:
            found.append(run[:LONGEST])
    return list(dict.fromkeys(found))


def is_unspaced(word: str) -> bool:
    """True for a word of a script without spaces."""
    return _UNSPACED.match(word) is not None


def without_markup(html: str) -> str:
    return _TAGS.sub(" ", html)


def _runs(text: str) -> Iterator[str]:
    for run in _RUNS.findall(fold(text)):
        # A run of letters may end in characters of the other kind, as \w has both.
        yield from (part for part in re.split(f"({_UNSPACED.pattern}+)", run) if part)


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)]
