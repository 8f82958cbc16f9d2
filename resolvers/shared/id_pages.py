"""Connections of what is sorted by its id."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from resolvers.shared.connection import PageInfo, encode_cursor, page_arguments
from services.shared.pages import Cut, IdPage


def id_page(first: int | None, after: str | None, last: int | None, before: str | None, sort: str) -> IdPage:
    """Errors: BAD_USER_INPUT naming the argument at fault."""
    page = page_arguments(first, after, last, before, sort=sort, kinds=(UUID,))
    return IdPage(page.limit, _key(page.after), _key(page.before), page.backwards)


def cursors(ids: Sequence[UUID], sort: str) -> list[str]:
    return [encode_cursor(sort, id_) for id_ in ids]


def page_info(cut: Cut[Any], shown: Sequence[str]) -> PageInfo:
    """Make the page's info; ``shown`` are the cursors of the page."""
    return PageInfo(
        has_next_page=cut.has_next,
        has_previous_page=cut.has_previous,
        start_cursor=shown[0] if shown else None,
        end_cursor=shown[-1] if shown else None,
    )


def _key(values: tuple[object, ...] | None) -> UUID | None:
    return None if values is None else values[0]  # type: ignore[return-value]  # of the kind asked for
