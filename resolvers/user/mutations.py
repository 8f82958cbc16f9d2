"""Sign up and sign in."""

import strawberry

from resolvers.shared.context import Info
from resolvers.shared.mutation import mutation
from resolvers.user.session_types import to_session
from resolvers.user.types import LoginInput, LoginResult, RegisterInput, RegisterResult
from services.user.login import login
from services.user.register import sign_up


@strawberry.type
class UserMutation:
    @mutation(description="Open an account; the answer is signed in.")
    async def register(self, info: Info, input: RegisterInput) -> RegisterResult:
        context = info.context
        signed_in = await sign_up(
            context.infra,
            context.tokens,
            email=input.email,
            password=input.password,
            display_name=input.display_name,
            client=context.client,
            locale=input.locale,
        )
        return to_session(info, signed_in, in_cookies=context.cookies.asked)

    @mutation(description="Sign in with e-mail and password.")
    async def login(self, info: Info, input: LoginInput) -> LoginResult:
        context = info.context
        signed_in = await login(
            context.infra, context.tokens, email=input.email, password=input.password, client=context.client
        )
        return to_session(info, signed_in, in_cookies=context.cookies.asked)
