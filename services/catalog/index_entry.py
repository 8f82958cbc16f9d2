"""What the index holds of a product. Pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from itertools import chain
from typing import Any, Final
from uuid import UUID

from models.documents import ProductDoc
from models.search import TITLE_KEY_LENGTH
from services.catalog.keys import Kind, list_id, metadata_value, term_id
from services.catalog.tokens import LEAD, Token, as_text, bigrams, fold, indexed_tokens, tokens
from services.metadata.rules import digest
from services.money.amounts import exponent

MADE_BY: Final = 2
"""Moves when the same product would be indexed otherwise: the worker then indexes all of them anew."""
DECIMALS: Final = 4
"""Of amounts in the index: as many as the currency with the most has."""
_MOST_BYTES: Final = 20_000
"""Of a text that are indexed: some 3,000 words."""
_MOST_TERMS: Final = 2_000
_MARKUP: Final = re.compile(r"<[a-zA-Z/!][^<>]{0,1000}>")

TITLE, LABEL, BODY = 6, 4, 2
"""The level of a word that is one as a whole; one less: that begins so."""


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """``lists``: the name of each, none for that of all and those by metadata. ``terms``: the level of each."""

    product_id: UUID
    version: int
    updated_at: datetime
    min_amount: int
    max_amount: int
    title_key: str
    title: bytes
    labels: bytes
    body: bytes
    lists: dict[int, str]
    terms: dict[int, int]

    @property
    def place(self) -> dict[str, Any]:
        """The columns it is sorted by, and filtered by price."""
        return {"min_amount": self.min_amount, "max_amount": self.max_amount, "title_key": self.title_key}


def index_entry(product: ProductDoc) -> IndexEntry:
    title = _cut(indexed_tokens(product.title))
    labels = _cut(_labels(product))
    body = _cut(tokens(_without_markup(product.description)))
    scale = 10 ** (DECIMALS - exponent(product.currency))
    return IndexEntry(
        product_id=product.id,
        version=product.version,
        updated_at=product.updated_at,
        min_amount=product.min_price * scale,
        max_amount=product.max_price * scale,
        title_key=title_key(product.title),
        title=as_text(title).encode(),
        labels=as_text(labels).encode(),
        body=as_text(body).encode(),
        lists=_lists(product),
        terms=_terms(product, title, labels, body),
    )


def title_key(title: str) -> str:
    """Returns what titles are sorted by: alike in all databases, whatever their collations."""
    return " ".join(fold(title).split())[:TITLE_KEY_LENGTH].rstrip()


def _without_markup(html: str) -> str:
    return unescape(_MARKUP.sub(" ", html))


def _labels(product: ProductDoc) -> list[Token]:
    """Returns the words of the vendor, the tags and the variants, each once."""
    live = [variant for variant in product.variants if not variant.archived]
    texts = chain(
        (product.vendor, *product.tags),
        (variant.sku for variant in live),
        (variant.title for variant in live if variant.title != product.title),
        (value for variant in live for value in variant.options.values()),
    )
    found: dict[Token, None] = {}
    for text in dict.fromkeys(texts):
        found.update(dict.fromkeys(indexed_tokens(text)))
    return list(found)


def _cut(found: Iterable[Token]) -> list[Token]:
    kept, size = [], 0
    for token in found:
        size += len(token.text.encode()) + 1
        if size > _MOST_BYTES:
            break
        kept.append(token)
    return kept


def _lists(product: ProductDoc) -> dict[int, str]:
    state = product.status
    found = {
        list_id(state, Kind.ALL): "",
        list_id(state, Kind.CURRENCY, product.currency): product.currency,
        list_id(state, Kind.VENDOR, product.vendor): product.vendor,
    }
    if product.category_id is not None:
        found[list_id(state, Kind.CATEGORY, product.category_id.hex)] = product.category_id.hex
    for tag in product.tags:
        found.setdefault(list_id(state, Kind.TAG, tag), tag)
    live = (variant.meta for variant in product.variants if not variant.archived)
    for meta in (product.meta, *live):
        for definition_id, value in meta.items():
            found[list_id(state, Kind.METADATA, metadata_value(definition_id, digest(value)))] = ""
    return found


def _terms(
    product: ProductDoc, title: Iterable[Token], labels: Iterable[Token], body: Iterable[Token]
) -> dict[int, int]:
    levels: dict[str, int] = {}
    for text, level in chain(_starts(title, TITLE), _starts(labels, LABEL), _leads(body)):
        if len(levels) < _MOST_TERMS or text in levels:
            levels[text] = max(level, levels.get(text, 0))
    return {term_id(product.status, text): level for text, level in levels.items()}


def _starts(found: Iterable[Token], level: int) -> Iterator[tuple[str, int]]:
    """Yields the beginnings of each word, from two letters to as many as lead; the characters and pairs of a
    run."""
    for text, is_run in found:
        if is_run:
            yield from ((part, level) for part in chain(text, bigrams(text)))
        elif len(text) == 1:
            yield text, level
        else:
            for size in range(2, min(LEAD, len(text)) + 1):
                yield text[:size], level if size == len(text) else level - 1


def _leads(body: Iterable[Token]) -> Iterator[tuple[str, int]]:
    for text, is_run in body:
        if is_run:
            yield from ((part, BODY) for part in (bigrams(text) if len(text) > 1 else text))
        else:
            yield text[:LEAD], BODY if len(text) <= LEAD else BODY - 1
