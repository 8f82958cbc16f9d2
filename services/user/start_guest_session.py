"""Start a guest's session: a user of its own, whom nothing signs in to again."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models import Role, User
from services.audit.record import record
from services.session.access_tokens import AccessTokens
from services.session.new_session import SignedIn, new_session
from services.shared.client import Client
from services.shared.errors import FieldProblem, InvalidInput
from services.user.find_person import find_person
from services.user.index_account import index_new
from services.user.rules import InvalidEmail, InvalidName, normalise_email, normalise_locale, normalise_name


async def start_guest_session(
    infra: Infra,
    tokens: AccessTokens,
    *,
    email: str,
    client: Client,
    name: str | None = None,
    locale: str | None = None,
) -> SignedIn:
    """Start a session of a new guest; what is known of the address makes no difference to the answer.

    Nothing that others did with the address is seen by it: whoever gives an address has not proved it.
    Errors: InvalidInput, StoreUnavailable.
    """

    async def work(session: AsyncSession) -> SignedIn:
        user = new_guest(infra, email, name, locale)
        user.person_id = await find_person(session, user.mailbox, user.id)
        started = new_session(infra, tokens, user, client)
        session.add(user)
        await session.flush()
        session.add_all([started.row, *index_new(user)])
        record(session, "guest.started", now=infra.now(), subject=user.id, client=client)
        return SignedIn(user, started.tokens)

    return await infra.database.transact(work, timeout=infra.settings.store_timeout)


def new_guest(infra: Infra, email: str, name: str | None, locale: str | None) -> User:
    """Make a guest's row. Errors: InvalidInput."""
    language = "en" if locale is None else normalise_locale(locale)
    try:
        mailbox = normalise_email(email)
    except InvalidEmail as error:
        raise InvalidInput([FieldProblem(("input", "email"), str(error))]) from error
    try:
        called = normalise_name(mailbox.partition("@")[0] if name is None else name)
    except InvalidName as error:
        raise InvalidInput([FieldProblem(("input", "name"), str(error))]) from error
    id_, now = new_id(), infra.now()
    return User(
        id=id_,
        # Unique like every address, and none that anybody could type in: it has no dot after the @.
        email=f"guest-{id_.hex}@invalid",
        guest_email=mailbox,
        guest_until=now + timedelta(seconds=infra.settings.sign_in.session_ttl),
        display_name=called,
        password_hash="",
        roles=[Role.GUEST.value],
        locale=language,
        created_at=now,
    )
