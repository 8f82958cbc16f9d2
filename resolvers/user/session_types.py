"""The types of sessions: how to stay signed in, and how not to."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from models.session import RefreshSession
from resolvers.shared.context import Info
from resolvers.shared.errors import InvalidInput, NotFound, SessionExpired
from resolvers.shared.node import encode_id
from resolvers.user.types import Session, User
from services.session.start import SignedIn

if TYPE_CHECKING:
    from uuid import UUID


@strawberry.type(description="A device that the user is signed in on.")
class ActiveSession:
    id: strawberry.ID
    device: str = strawberry.field(description="What the client calls itself: its User-Agent.")
    ip: str = strawberry.field(description="Where it was last used from.")
    created_at: datetime
    last_used_at: datetime = strawberry.field(description="When it was last refreshed.")
    expires_at: datetime = strawberry.field(description="When it ends however much it is used.")
    current: bool = strawberry.field(description="True for the session of this request.")

    @classmethod
    def of(cls, row: RefreshSession, current: "UUID | None") -> "ActiveSession":
        return cls(
            id=encode_id("ActiveSession", row.id),
            device=row.device,
            ip=row.ip,
            created_at=row.created_at,
            last_used_at=row.last_used_at,
            expires_at=row.expires_at,
            current=row.id == current,
        )


@strawberry.input
class RefreshSessionInput:
    refresh_token: str | None = strawberry.field(
        default=None, description="Left out by a browser whose session is in cookies."
    )


@strawberry.input
class LogoutInput:
    refresh_token: str | None = strawberry.field(
        default=None, description="Left out by a browser whose session is in cookies."
    )


@strawberry.input
class LogoutEverywhereInput:
    keep_current: bool = strawberry.field(default=False, description="Spare the session of this request.")


@strawberry.input
class RevokeSessionInput:
    session_id: strawberry.ID


@strawberry.type
class LogoutSuccess:
    logged_out: bool


@strawberry.type
class LogoutEverywhereSuccess:
    sessions: int = strawberry.field(description="How many sessions ended.")


@strawberry.type
class RevokeSessionSuccess:
    session_id: strawberry.ID


RefreshSessionResult = Annotated[Session | SessionExpired, strawberry.union("RefreshSessionResult")]
LogoutResult = Annotated[LogoutSuccess | SessionExpired, strawberry.union("LogoutResult")]
LogoutEverywhereResult = Annotated[
    LogoutEverywhereSuccess | SessionExpired, strawberry.union("LogoutEverywhereResult")
]
RevokeSessionResult = Annotated[
    RevokeSessionSuccess | NotFound | InvalidInput, strawberry.union("RevokeSessionResult")
]


def to_session(info: Info, signed_in: SignedIn, *, in_cookies: bool) -> Session:
    """Of a session in cookies the tokens go there alone, out of reach of the page's scripts."""
    tokens = signed_in.tokens
    if in_cookies:
        info.context.cookies.keep(tokens)
    return Session(
        access_token="" if in_cookies else tokens.access_token,
        access_token_expires_at=tokens.access_token_expires_at,
        refresh_token="" if in_cookies else tokens.refresh_token,
        user=User.of(signed_in.user),
    )
