"""Keep the words that staff find an account by."""

import re
import unicodedata
from collections.abc import Iterable
from itertools import islice
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models.user import User, UserWord

LONGEST: Final = 64
_MOST: Final = 24
_BATCH: Final = 200
_SEPARATORS: Final = re.compile(r"[\W_]+")


def words_in(text: str) -> list[str]:
    """Returns the words of a name, or of what is looked for, in small letters, each once.

    What has an ``@`` is one word: an e-mail address, or how one begins.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    parts = (word for piece in folded.split() for word in ([piece] if "@" in piece else _SEPARATORS.split(piece)))
    return list(islice(dict.fromkeys(word[:LONGEST] for word in parts if word), _MOST))


def index_new(user: User) -> list[UserWord]:
    """Returns the rows that a new account's words are, for the transaction that adds it."""
    user.is_indexed = True
    return [UserWord(word=word, user_id=user.id) for word in _words_of(user)]


async def index_account(session: AsyncSession, user: User) -> None:
    """Write the words anew, in the transaction that changed the account and has its lock."""
    await forget_words(session, [user.id])
    session.add_all(index_new(user))


async def forget_words(session: AsyncSession, user_ids: Iterable[UUID]) -> None:
    """Let nobody find the accounts any more."""
    await session.execute(delete(UserWord).where(UserWord.user_id.in_(list(user_ids))))


async def index_accounts(infra: Infra) -> int:
    """Index accounts that an older release made, a batch of them.

    Returns how many. Errors: StoreUnavailable.
    """
    unindexed = select(User).where(User.is_indexed.is_(False)).limit(_BATCH).with_for_update(skip_locked=True)

    async def work(session: AsyncSession) -> int:
        users = list(await session.scalars(unindexed))
        await forget_words(session, [user.id for user in users])
        for user in users:
            session.add_all(index_new(user))
        return len(users)

    return await infra.database.transact(work, timeout=infra.settings.store_timeout)


def _words_of(user: User) -> list[str]:
    if user.closed_at is not None:
        return []
    local = user.mailbox.partition("@")[0]
    return words_in(f"{user.mailbox} {local} {user.display_name}")
