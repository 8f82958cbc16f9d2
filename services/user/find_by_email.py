"""Find an account by its e-mail address."""

from sqlalchemy import select

from infra.runtime import Infra
from models.user import User
from services.shared.errors import NotFound
from services.user.rules import InvalidEmail, normalise_email


async def find_by_email(infra: Infra, email: str) -> User:
    """Errors: NotFound, StoreUnavailable."""
    try:
        normal = normalise_email(email)
    except InvalidEmail as error:
        raise NotFound(f"{email[:100]!r} is no e-mail address.") from error
    async with infra.database.read() as session:
        user = await session.scalar(select(User).where(User.email == normal))
    if user is None:
        raise NotFound(f"There is no account {normal}.")
    return user
