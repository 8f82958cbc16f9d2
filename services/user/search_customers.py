"""Find customers by what staff are told on the phone: a name, an e-mail address, a phone or an order's number."""

import re
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from infra.runtime import Infra
from models import Address, CustomerTag, GroupMember, MetadataEntry, Order
from models.user import User, UserWord
from services.metadata.rows import has_one_of
from services.metadata.views import Found
from services.shared.errors import FieldProblem, InvalidInput
from services.shared.pages import Cut, IdPage, read_count
from services.shared.tags import normal_tag
from services.shared.texts import text_problem
from services.user.index_account import words_in

MAX_SEARCH: Final = 100
_ORDER_NUMBER: Final = re.compile(r"[A-Z]-\w{4}-\w{4}-\w{4}", re.ASCII)
_PHONE: Final = re.compile(r"\+[\d\s().,/-]{5,40}")
_AROUND_DIGITS: Final = re.compile(r"[^+\d]")
# After every text that begins so: the last code point, which no text has.
_LAST: Final = "\U0010ffff"

Ids = tuple[Select[UUID], InstrumentedAttribute[UUID]]


@dataclass(frozen=True, slots=True)
class CustomerFilter:
    """``search``: an order's number; a phone number with ``+``; or how words of the name or of the e-mail address
    begin, all of them. Empty: everybody. Closed accounts are not shown.
    """

    search: str = ""
    group_id: UUID | None = None
    tag: str | None = None
    metadata: tuple[Found, ...] = ()

    def check(self) -> None:
        """Errors: InvalidInput."""
        if problem := text_problem(self.search, MAX_SEARCH):
            raise InvalidInput([FieldProblem(("search",), problem)])

    def ids(self) -> Ids:
        """Select the accounts' ids, each once, and the column that they are sorted and cut by."""
        found, column = self._found()
        if self.group_id is not None:
            found = found.where(
                column.in_(select(GroupMember.user_id).where(GroupMember.group_id == self.group_id))
            )
        for wanted in self.metadata:
            if column is not MetadataEntry.owner_id or wanted is not self.metadata[0]:
                entry = aliased(MetadataEntry)
                found = found.where(exists().where(entry.owner_id == column, has_one_of(wanted, entry)))
        if self.tag is not None:
            tagged = select(CustomerTag.user_id).where(CustomerTag.tag == normal_tag(self.tag[:MAX_SEARCH]))
            found = found.where(column.in_(tagged))
        return found, column

    def _found(self) -> Ids:
        text = self.search.strip()
        if _ORDER_NUMBER.fullmatch(text.upper()):
            owners = select(Order.customer_id).where(Order.number == text.upper())
            return _accounts(User.id.in_(owners)), User.id
        if _PHONE.fullmatch(text):
            called = select(Address.user_id).where(Address.phone == _AROUND_DIGITS.sub("", text))
            return _accounts(User.id.in_(called)), User.id
        words = sorted(words_in(text), key=len, reverse=True)
        if self.metadata and not words:
            # Along its index, in their order; what is closed has none.
            return select(MetadataEntry.owner_id).where(has_one_of(self.metadata[0])), MetadataEntry.owner_id
        return _by_words(words) if words else (_accounts(), User.id)


async def search_customers(infra: Infra, wanted: CustomerFilter, page: IdPage) -> Cut[User]:
    """Returns a page of accounts, newest first; one statement. Errors: InvalidInput, StoreUnavailable."""
    wanted.check()
    found = page.narrow(*wanted.ids()).subquery()
    statement = select(User).join(found, found.columns[0] == User.id)
    async with infra.database.read() as session:
        users = list(await session.scalars(statement))
    return page.cut(sorted(users, key=lambda user: user.id, reverse=not page.backwards))


async def count_customers(infra: Infra, wanted: CustomerFilter) -> int:
    """Errors: InvalidInput, StoreUnavailable."""
    wanted.check()
    ids, _ = wanted.ids()
    return await read_count(infra, select(func.count()).select_from(ids.subquery()))


def _accounts(*conditions: ColumnElement[bool]) -> Select[UUID]:
    return select(User.id).where(User.closed_at.is_(None), *conditions)


def _by_words(words: list[str]) -> Ids:
    """The longest word is looked up, as it is likely the rarest; who has it is asked for the others."""
    longest, *others = words
    found: Select[Any] = select(UserWord.user_id).distinct().where(*_begins(UserWord.word, longest))
    for word in others:
        other = UserWord.__table__.alias()
        found = found.where(exists().where(other.c.user_id == UserWord.user_id, *_begins(other.c.word, word)))
    return found, UserWord.user_id


def _begins(column: Any, word: str) -> tuple[ColumnElement[bool], ...]:
    return column >= word, column < word + _LAST
