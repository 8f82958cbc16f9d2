"""Sign up and sign in."""

import strawberry

from models.user import User as UserRow
from resolvers.shared.context import Info
from resolvers.shared.mutation import mutation
from resolvers.user.types import LoginInput, LoginResult, RegisterInput, RegisterResult, Session, User
from services.user.login import login
from services.user.register import register


@strawberry.type
class UserMutation:
    @mutation(description="Open an account; the answer is signed in.")
    async def register(self, info: Info, input: RegisterInput) -> RegisterResult:
        user = await register(
            info.context.infra, email=input.email, password=input.password, display_name=input.display_name
        )
        return _session(info, user)

    @mutation(description="Sign in with e-mail and password.")
    async def login(self, info: Info, input: LoginInput) -> LoginResult:
        user = await login(info.context.infra, email=input.email, password=input.password)
        return _session(info, user)


def _session(info: Info, user: UserRow) -> Session:
    issued = info.context.tokens.issue(user)
    return Session(access_token=issued.token, access_token_expires_at=issued.expires_at, user=User.of(user))
