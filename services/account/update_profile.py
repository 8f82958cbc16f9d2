"""Change what one is called and which language one reads."""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import User
from services.shared.errors import FieldProblem, InvalidInput
from services.user.index_account import index_account
from services.user.rows import lock_account
from services.user.rules import InvalidName, normalise_locale, normalise_name


async def update_profile(
    infra: Infra, user_id: UUID, *, display_name: str | None = None, locale: str | None = None
) -> User:
    """Change one's profile; None leaves a value as it is. Errors: InvalidInput, StoreUnavailable."""
    if problems := list(_problems(display_name, locale)):
        raise InvalidInput(problems)

    async def work(session: AsyncSession) -> User:
        user = await lock_account(session, user_id)
        if display_name is not None:
            user.display_name = normalise_name(display_name)
            await index_account(session, user)
        if locale is not None:
            user.locale = normalise_locale(locale)
        return user

    return await infra.database.transact(work, timeout=infra.settings.store_timeout)


def _problems(display_name: str | None, locale: str | None) -> Iterator[FieldProblem]:
    if display_name is not None:
        try:
            normalise_name(display_name)
        except InvalidName as error:
            yield FieldProblem(("input", "displayName"), str(error))
    if locale is not None:
        try:
            normalise_locale(locale)
        except InvalidInput as error:
            yield from error.problems
