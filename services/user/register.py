"""Register: a new user who can sign in."""

from collections.abc import Iterator

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models.enums import MailKind, Role
from models.user import User
from services.audit.record import record
from services.mail.queue_mail import queue_for
from services.session.access_tokens import AccessTokens
from services.session.new_session import NewSession, SignedIn, new_session
from services.shared.client import NOWHERE, Client
from services.shared.errors import EmailTaken, FieldProblem, InvalidInput
from services.user import rows, rules
from services.user.find_person import find_person
from services.user.index_account import index_new
from services.user.rules import InvalidEmail, InvalidName, normalise_email, normalise_locale, normalise_name


async def register(
    infra: Infra, *, email: str, password: str, display_name: str, roles: tuple[Role, ...] = (Role.CUSTOMER,)
) -> User:
    """Errors: InvalidInput, EmailTaken, TryAgain, StoreUnavailable."""
    user = await _new_user(infra, email, password, display_name, roles)
    await _insert(infra, user)
    return user


async def sign_up(
    infra: Infra,
    tokens: AccessTokens,
    *,
    email: str,
    password: str,
    display_name: str,
    client: Client,
    locale: str | None = None,
) -> SignedIn:
    """Register a customer, sign them in and have their address confirmed: all or nothing.

    Errors: those of ``register``.
    """
    language = "en" if locale is None else normalise_locale(locale)
    async with rules.turn_to_hash(client.network):
        user = await _new_user(infra, email, password, display_name, (Role.CUSTOMER,))
    user.locale = language
    started = await _insert(infra, user, tokens, client)
    assert started is not None
    return SignedIn(user, started.tokens)


async def _new_user(infra: Infra, email: str, password: str, name: str, roles: tuple[Role, ...]) -> User:
    if problems := list(_problems(email, password, name)):
        raise InvalidInput(problems)
    return User(
        id=new_id(),
        email=normalise_email(email),
        display_name=normalise_name(name),
        password_hash=await rules.hash_password(password),
        roles=[role.value for role in roles],
        created_at=infra.now(),
    )


async def _insert(
    infra: Infra, user: User, tokens: AccessTokens | None = None, client: Client = NOWHERE
) -> NewSession | None:
    """Insert a user, and with ``tokens`` a session of theirs, which is returned."""

    words = index_new(user)

    async def add(session: AsyncSession) -> NewSession | None:
        user.person_id = await find_person(session, user.email, user.id)
        session.add(user)
        await session.flush()  # without a relationship nothing tells that the user comes first
        session.add_all(rows.rows(user.id, map(Role, user.roles)))
        session.add_all(words)
        if tokens is None:
            return None
        started = new_session(infra, tokens, user, client)
        session.add(started.row)
        queue_for(session, MailKind.VERIFY_EMAIL, user, infra.now())
        record(session, "user.registered", now=infra.now(), subject=user.id, client=client)
        return started

    try:
        return await infra.database.transact(add, timeout=infra.settings.store_timeout)
    except IntegrityError:
        raise EmailTaken("This e-mail address has an account already.") from None


def _problems(email: str, password: str, display_name: str) -> Iterator[FieldProblem]:
    try:
        normalise_email(email)
    except InvalidEmail as error:
        yield FieldProblem(("input", "email"), str(error))
    if problem := rules.password_problem(password, email):
        yield FieldProblem(("input", "password"), problem)
    try:
        normalise_name(display_name)
    except InvalidName as error:
        yield FieldProblem(("input", "displayName"), str(error))
