"""What a listing asks of a search engine; the one in the box is ``words_index``."""

from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True)
class Ranked:
    """Rows of a product's id and its score, which ``conditions`` narrow to the products that match.

    ``anchor`` names what the scores are of, in a number: scores of another anchor cannot be compared with them.
    """

    source: Any
    product_id: Any
    score: Any
    conditions: tuple[ColumnElement[bool], ...]
    anchor: int = 0


class Matches(Protocol):
    """The products that have what is searched for."""

    def condition(self) -> ColumnElement[bool]:
        """On ``Product.id``, for listings in another order than the best first, and for counts."""

    def ranked(self, anchor: int | None = None) -> Ranked:
        """For the best first; ``anchor`` is that of a page before."""


class ProductSearch(Protocol):
    async def prepare(self, session: AsyncSession, text: str) -> Matches:
        """Errors: what the session raises."""
