"""Sign up and sign in."""

import strawberry

from resolvers.shared.context import Info
from resolvers.shared.mutation import mutation
from resolvers.user.session_types import to_session
from resolvers.user.types import LoginInput, LoginResult, RegisterInput, RegisterResult
from services.cart.merge_carts import bring_cart
from services.user.login import login
from services.user.register import sign_up


@strawberry.type
class UserMutation:
    @mutation(description="Open an account; the answer is signed in. A guest's cart (X-Cart-Token) comes along.")
    async def register(self, info: Info, input: RegisterInput) -> RegisterResult:
        context = info.context
        in_cookies = context.cookies.are_wanted()
        signed_in = await sign_up(
            context.infra,
            context.tokens,
            email=input.email,
            password=input.password,
            display_name=input.display_name,
            client=context.client,
            locale=input.locale,
        )
        await bring_cart(context.infra, signed_in.user.id, context.cart_token)
        return to_session(info, signed_in, in_cookies=in_cookies)

    @mutation(description="Sign in with e-mail and password. A guest's cart (X-Cart-Token) comes along.")
    async def login(self, info: Info, input: LoginInput) -> LoginResult:
        context = info.context
        in_cookies = context.cookies.are_wanted()
        signed_in = await login(
            context.infra, context.tokens, email=input.email, password=input.password, client=context.client
        )
        await bring_cart(context.infra, signed_in.user.id, context.cart_token)
        return to_session(info, signed_in, in_cookies=in_cookies)
