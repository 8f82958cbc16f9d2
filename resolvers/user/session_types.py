"""The types of sessions: how to stay signed in, and how not to."""

from typing import Annotated

import strawberry

from resolvers.shared.context import Info
from resolvers.shared.errors import InvalidInput, NotFound, SessionExpired
from resolvers.user.types import Session, User
from services.session.new_session import SignedIn


@strawberry.input(description="What keeps one signed in.")
class RefreshSessionInput:
    refresh_token: str | None = strawberry.field(
        default=None, description="Left out by a browser whose session is in cookies."
    )


@strawberry.input(description="The session to end.")
class LogoutInput:
    refresh_token: str | None = strawberry.field(
        default=None, description="Left out by a browser whose session is in cookies."
    )


@strawberry.input(description="Which sessions to end.")
class LogoutEverywhereInput:
    keep_current: bool = strawberry.field(default=False, description="Spare the session of this request.")


@strawberry.input(description="Another session of one's own to end.")
class RevokeSessionInput:
    session_id: strawberry.ID = strawberry.field(description="One of `me.sessions`.")


@strawberry.type(description="The session has ended.")
class LogoutSuccess:
    logged_out: bool = strawberry.field(description="Always true.")


@strawberry.type(description="Sessions have ended; who has their tokens gets nowhere with them.")
class LogoutEverywhereSuccess:
    sessions: int = strawberry.field(description="How many sessions ended.")


@strawberry.type(description="That session has ended.")
class RevokeSessionSuccess:
    session_id: strawberry.ID = strawberry.field(description="The one that ended.")


RefreshSessionResult = Annotated[Session | SessionExpired, strawberry.union("RefreshSessionResult")]
LogoutResult = Annotated[LogoutSuccess | SessionExpired, strawberry.union("LogoutResult")]
LogoutEverywhereResult = Annotated[
    LogoutEverywhereSuccess | SessionExpired, strawberry.union("LogoutEverywhereResult")
]
RevokeSessionResult = Annotated[
    RevokeSessionSuccess | NotFound | InvalidInput, strawberry.union("RevokeSessionResult")
]


def to_session(info: Info, signed_in: SignedIn, *, in_cookies: bool) -> Session:
    """Show a session; of one in cookies the tokens go there alone, out of reach of the page's scripts."""
    tokens = signed_in.tokens
    if in_cookies:
        info.context.cookies.keep(tokens)
    return Session(
        access_token="" if in_cookies else tokens.access_token,
        access_token_expires_at=tokens.access_token_expires_at,
        refresh_token="" if in_cookies else tokens.refresh_token,
        user=User.of(signed_in.user, is_signing_in=True),
    )
