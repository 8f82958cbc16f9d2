"""Log in: the user whose e-mail and password these are."""

from sqlalchemy import select

from infra.runtime import Infra
from models.user import User
from services.errors import InvalidCredentials
from services.user.email import InvalidEmail, normalise_email
from services.user.passwords import verify_password


async def login(infra: Infra, *, email: str, password: str) -> User:
    """Takes as long for an unknown e-mail. Errors: InvalidCredentials, TryAgain, StoreUnavailable."""
    user = await _find(infra, email)
    if not await verify_password(user.password_hash if user else None, password) or user is None:
        raise InvalidCredentials("The e-mail address or the password is wrong.")
    return user


async def _find(infra: Infra, email: str) -> User | None:
    try:
        normal = normalise_email(email)
    except InvalidEmail:
        return None
    async with infra.database.read() as session:
        return await session.scalar(select(User).where(User.email == normal))
