"""People with tokens."""

from uuid import UUID, uuid4

from infra.ids import new_id
from infra.runtime import Infra
from models import Role, User
from services.session.access_tokens import AccessTokens


async def accounts(infra: Infra, count: int, role: Role) -> list[tuple[UUID, str]]:
    """Ids of accounts without a password, and tokens that the servers on the same RUSHCART_HOME believe."""
    tokens, now = AccessTokens.from_settings(infra.settings), infra.now()
    users = [
        User(
            id=new_id(),
            email=f"{uuid4().hex}@example.com",
            display_name=role.value.title(),
            password_hash="",
            roles=[role],
            created_at=now,
        )
        for _ in range(count)
    ]
    async with infra.database.write() as session:
        session.add_all(users)
    return [(user.id, tokens.issue(user).token) for user in users]
