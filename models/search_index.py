"""Keep the search index: whoever changes a product's texts in a session changes the index in the same transaction.

No verb has to think of it, as with models/changes.py. Statements sent past the session are not seen; ``index`` is
for whoever sends such.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, event, insert, inspect, select, tuple_
from sqlalchemy.orm import Session

from infra.database import WriteSession
from models.catalog import Product, Variant
from models.search import SearchPosting, SearchWord, tag_term
from models.words import without_markup, words

# What a word counts in each place; of several places it counts the sum.
_TITLE, _NAME, _VARIANT, _DESCRIPTION = 8, 4, 2, 1
_MOST_WORDS: Final = 400
_CHUNK: Final = 200
_REMOVED: Final = 500
_CHANGED: Final = "products to index"
_TEXTS: Final[Mapping[type, Sequence[str]]] = {
    Product: ("title", "vendor", "tags", "description"),
    Variant: ("sku", "title", "archived_at"),
}


@event.listens_for(WriteSession, "after_flush")
def _see_flush(session: Session, _context: object) -> None:
    changed: dict[UUID, bool] = session.info.setdefault(_CHANGED, {})
    for row in session.new:
        if isinstance(row, Product):
            changed[row.id] = True
        elif isinstance(row, Variant):
            changed.setdefault(row.product_id, False)
    for row in session.dirty:
        if isinstance(row, Product | Variant) and _is_changed(row):
            changed.setdefault(row.id if isinstance(row, Product) else row.product_id, False)


def _is_changed(row: Product | Variant) -> bool:
    attributes = cast(Any, inspect(row)).attrs
    return any(attributes[name].history.has_changes() for name in _TEXTS[type(row)])


@event.listens_for(WriteSession, "before_commit")
def _write(session: Session) -> None:
    session.flush()
    changed: dict[UUID, bool] = session.info.pop(_CHANGED, {})
    if changed:
        index(session.connection(), list(changed), new={id_ for id_, is_new in changed.items() if is_new})


def index(connection: Connection, product_ids: Sequence[UUID], *, new: Collection[UUID] = ()) -> None:
    """Bring the postings of these products to what the products say; ``new`` ones have none yet."""
    for start in range(0, len(product_ids), _CHUNK):
        ids = product_ids[start : start + _CHUNK]
        wanted = _postings(connection, ids)
        known = _known(connection, [id_ for id_ in ids if id_ not in new])
        _add_words(connection, {term for terms in wanted.values() for term in terms})
        stale = [
            (term, id_) for id_, terms in known.items() for term in terms if wanted[id_].get(term) != terms[term]
        ]
        fresh = [
            {"term": term, "product_id": id_, "weight": weight}
            for id_, terms in wanted.items()
            for term, weight in terms.items()
            if known[id_].get(term) != weight
        ]
        _remove(connection, stale)
        if fresh:
            # In the order of the key: two who write at once wait for each other, and do not deadlock.
            connection.execute(
                insert(SearchPosting), sorted(fresh, key=lambda row: (row["term"], row["product_id"]))
            )


def _postings(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    texts = select(Product.id, Product.title, Product.vendor, Product.tags, Product.description)
    variants = select(Variant.product_id, Variant.sku, Variant.title)
    parts: dict[UUID, list[tuple[str, int]]] = defaultdict(list)
    tags: dict[UUID, Iterable[str]] = {}
    for id_, title, vendor, of_product, description in connection.execute(texts.where(Product.id.in_(ids))):
        parts[id_] += [(title, _TITLE), (vendor, _NAME), (" ".join(of_product), _NAME)]
        parts[id_].append((without_markup(description), _DESCRIPTION))
        tags[id_] = of_product
    live = variants.where(Variant.product_id.in_(ids), Variant.archived_at.is_(None))
    for id_, sku, title in connection.execute(live):
        parts[id_] += [(sku, _NAME), (title, _VARIANT)]
    return {id_: {**_weigh(parts[id_]), **{tag_term(tag): 0 for tag in tags.get(id_, ())}} for id_ in ids}


def _weigh(parts: Iterable[tuple[str, int]]) -> dict[str, int]:
    places: dict[int, set[str]] = defaultdict(set)
    for text, weight in parts:
        places[weight].update(_some(words(text)))
    weights: dict[str, int] = defaultdict(int)
    for weight in sorted(places, reverse=True):
        for word in places[weight]:
            if word in weights or len(weights) < _MOST_WORDS:
                weights[word] += weight
    return weights


def _some(found: Iterator[str]) -> Iterator[str]:
    for _, word in zip(range(_MOST_WORDS * 4), found, strict=False):
        yield word


def _known(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    known: dict[UUID, dict[str, int]] = defaultdict(dict)
    if ids:
        statement = select(SearchPosting.product_id, SearchPosting.term, SearchPosting.weight)
        for id_, term, weight in connection.execute(statement.where(SearchPosting.product_id.in_(ids))):
            known[id_][term] = weight
    return known


def _remove(connection: Connection, stale: Sequence[tuple[str, UUID]]) -> None:
    ordered = sorted(stale)
    if connection.dialect.name == "sqlite":
        if ordered:
            _remove_by_key(connection, ordered)
        return
    key = tuple_(SearchPosting.term, SearchPosting.product_id)
    for start in range(0, len(ordered), _REMOVED):
        connection.execute(delete(SearchPosting).where(key.in_(ordered[start : start + _REMOVED])))


def _remove_by_key(connection: Connection, stale: Sequence[tuple[str, UUID]]) -> None:
    """SQLite would look at every posting there is for a list of keys, and has no network between statements."""
    one = delete(SearchPosting).where(
        SearchPosting.term == bindparam("of_term"), SearchPosting.product_id == bindparam("of_product")
    )
    connection.execute(one, [{"of_term": term, "of_product": id_} for term, id_ in stale])


def _add_words(connection: Connection, terms: Collection[str]) -> None:
    """The words that are new; another transaction may bring the same at this moment."""
    found = sorted(term for term in terms if not term.startswith("#"))
    for start in range(0, len(found), 500):
        chunk = found[start : start + 500]
        known = set(connection.scalars(select(SearchWord.word).where(SearchWord.word.in_(chunk))))
        if missing := [{"word": word} for word in chunk if word not in known]:
            ignoring = insert(SearchWord).prefix_with("OR IGNORE", dialect="sqlite")
            connection.execute(
                ignoring.prefix_with("IGNORE", dialect="mysql").prefix_with("IGNORE", dialect="mariadb"), missing
            )
