"""Register: a new user who can sign in."""

from collections.abc import Iterator

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models.enums import Role
from models.user import User
from services.errors import EmailTaken, FieldProblem, InvalidInput
from services.user import passwords
from services.user.email import InvalidEmail, normalise_email

MAX_NAME = 100


async def register(
    infra: Infra, *, email: str, password: str, display_name: str, roles: tuple[Role, ...] = (Role.CUSTOMER,)
) -> User:
    """Errors: InvalidInput, EmailTaken, TryAgain, StoreUnavailable."""
    if problems := list(_problems(email, password, display_name)):
        raise InvalidInput(problems)
    user = User(
        id=new_id(),
        email=normalise_email(email),
        display_name=display_name.strip(),
        password_hash=await passwords.hash_password(password),
        roles=[role.value for role in roles],
        created_at=infra.now(),
    )
    await _insert(infra, user)
    return user


async def _insert(infra: Infra, user: User) -> None:
    async def add(session: AsyncSession) -> None:
        session.add(user)

    try:
        await infra.database.transact(add, timeout=infra.settings.store_timeout)
    except IntegrityError:
        raise EmailTaken("This e-mail address has an account already.") from None


def _problems(email: str, password: str, display_name: str) -> Iterator[FieldProblem]:
    try:
        normalise_email(email)
    except InvalidEmail as error:
        yield FieldProblem(("input", "email"), str(error))
    if not passwords.MIN_LENGTH <= len(password) <= passwords.MAX_LENGTH:
        message = f"must have {passwords.MIN_LENGTH} to {passwords.MAX_LENGTH} characters"
        yield FieldProblem(("input", "password"), message)
    name = display_name.strip()
    if not 1 <= len(name) <= MAX_NAME:
        yield FieldProblem(("input", "displayName"), f"must have 1 to {MAX_NAME} characters")
    elif not name.isprintable():
        yield FieldProblem(("input", "displayName"), "must not hold control characters")
