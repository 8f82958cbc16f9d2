"""What is asked in words, and how much is looked at for a page.

By measurement at 100,000 products: see docs/finding.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from services.catalog.tokens import LEAD, Token, bigrams, tokens

FEW: int = 2_000
"""As many candidates are looked at one by one, and sorted, for a page."""
SPARSE: int = 500
"""Up to so many that match are looked for among many candidates; if they are more, a page is soon full."""
MANY: int = 20_000
"""Worth to know the smaller one of, when all of them are to be counted."""
MOST_STREAMS: int = 32
"""As many lists are read side by side, each in its order."""


MOST_WORDS: Final = 10
"""Words that count; more only make it slow."""


@dataclass(frozen=True)
class Word:
    text: str
    is_run: bool

    @cached_property
    def leads(self) -> tuple[str, ...]:
        """Terms, each of which leads to all products that have the word, and to others unless ``is_plain``."""
        if not self.is_run:
            return (self.text[:LEAD],)
        if len(self.text) == 1:
            return (self.text,)
        pairs = list(bigrams(self.text))
        return tuple(dict.fromkeys((pairs[0], pairs[len(pairs) // 2], pairs[-1])))

    @cached_property
    def is_plain(self) -> bool:
        """The lead says all: whoever has it has the word, at the level it is noted with."""
        return len(self.text) <= (2 if self.is_run else LEAD)

    @cached_property
    def whole(self) -> bytes:
        """How a title or labels have it when it is not just the beginning of a word."""
        return self.text.encode() if self.is_run else f" {self.text} ".encode()

    @cached_property
    def start(self) -> bytes:
        """How a title or labels have it."""
        if self.is_run:
            return self.text.encode()
        return f" {self.text} ".encode() if len(self.text) == 1 else f" {self.text}".encode()

    @cached_property
    def in_body(self) -> bytes:
        """How a description has it."""
        if self.is_run:
            return f" {self.text} ".encode() if len(self.text) == 1 else self.text.encode()
        return f" {self.text}".encode() if len(self.text) >= LEAD else f" {self.text} ".encode()


def words_of(search: str) -> tuple[Word, ...]:
    """Returns the words, each once, in their order. Empty for what has no word: punctuation, emoji."""
    return tuple(_words(dict.fromkeys(tokens(search))))[:MOST_WORDS]


def _words(found: Iterable[Token]) -> Iterable[Word]:
    return (Word(token.text, token.is_run) for token in found)
