"""Order without an account."""

from datetime import datetime
from typing import Annotated

import strawberry

from models.enums import Role
from resolvers.shared.context import Info
from resolvers.shared.errors import InvalidInput, NotFound, TryAgain
from resolvers.shared.mutation import mutation
from resolvers.shared.permissions import signed_in
from resolvers.user.session_types import to_session
from resolvers.user.types import Session
from services.account.forget_guest import forget_guest
from services.cart.merge_carts import bring_cart
from services.user.start_guest_session import start_guest_session


@strawberry.input(description="Who orders without an account.")
class StartGuestSessionInput:
    email: str = strawberry.field(description="Where the mails about orders go.")
    name: str | None = strawberry.field(
        default=None, description="What mails call them; what is before the @ when left out."
    )
    locale: str | None = strawberry.field(
        default=None, description="A BCP 47 language tag such as en or zh-Hans, for mails; en if left out."
    )


@strawberry.input(description="The guest of this session.")
class ForgetGuestInput:
    email: str = strawberry.field(description="The guest's address, so that it does not happen by mistake.")


@strawberry.type(description="The guest is forgotten; what was ordered is kept, without a name.")
class ForgetGuestSuccess:
    forgotten_at: datetime = strawberry.field(description="When.")


StartGuestSessionResult = Annotated[Session | InvalidInput | TryAgain, strawberry.union("StartGuestSessionResult")]
ForgetGuestResult = Annotated[
    ForgetGuestSuccess | NotFound | InvalidInput | TryAgain, strawberry.union("ForgetGuestResult")
]


@strawberry.type
class GuestMutation:
    @mutation(
        description="Go on without an account: a session with the role GUEST, which orders and pays as a "
        "customer's does, and sees what was ordered in it alone. The answer is the same whether the address is "
        "known. A cart (X-Cart-Token) comes along."
    )
    async def start_guest_session(self, info: Info, input: StartGuestSessionInput) -> StartGuestSessionResult:
        context = info.context
        in_cookies = context.cookies.are_wanted()
        started = await start_guest_session(
            context.infra,
            context.tokens,
            email=input.email,
            name=input.name,
            locale=input.locale,
            client=context.client,
        )
        await bring_cart(context.infra, started.user.id, context.cart_token)
        return to_session(info, started, in_cookies=in_cookies)

    @mutation(
        Role.GUEST,
        description="Erase a guest's personal data and end their sessions; orders are kept. An account is closed "
        "by closeAccount.",
    )
    async def forget_guest(self, info: Info, input: ForgetGuestInput) -> ForgetGuestResult:
        forgotten_at = await forget_guest(
            info.context.infra, signed_in(info).user_id, email=input.email, client=info.context.client
        )
        info.context.cookies.clear()
        return ForgetGuestSuccess(forgotten_at=forgotten_at)
