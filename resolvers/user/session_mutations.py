"""Stay signed in, and sign out: here, there and everywhere."""

import strawberry

from models.enums import Role
from resolvers.shared.context import Info
from resolvers.shared.mutation import mutation
from resolvers.shared.node import input_id
from resolvers.shared.permissions import signed_in
from resolvers.user.session_types import (
    LogoutEverywhereInput,
    LogoutEverywhereResult,
    LogoutEverywhereSuccess,
    LogoutInput,
    LogoutResult,
    LogoutSuccess,
    RefreshSessionInput,
    RefreshSessionResult,
    RevokeSessionInput,
    RevokeSessionResult,
    RevokeSessionSuccess,
    to_session,
)
from services.session.logout import logout
from services.session.logout_everywhere import logout_everywhere
from services.session.refresh_session import refresh_session
from services.session.revoke_session import revoke_session
from services.shared.errors import SessionExpired


@strawberry.type
class SessionMutation:
    @mutation(description="Exchange a refresh token, which is good for one time, for a new pair of tokens.")
    async def refresh_session(self, info: Info, input: RefreshSessionInput) -> RefreshSessionResult:
        context = info.context
        in_cookies = input.refresh_token is None
        try:
            refresh_token = _refresh_token(info, input.refresh_token)
            renewed = await refresh_session(context.infra, context.tokens, refresh_token, context.client)
        except SessionExpired:
            if in_cookies:
                context.cookies.clear()
            raise
        return to_session(info, renewed, in_cookies=in_cookies)

    @mutation(description="End the session that this refresh token is of; its access tokens end at once.")
    async def logout(self, info: Info, input: LogoutInput) -> LogoutResult:
        refresh_token = _refresh_token(info, input.refresh_token)
        if input.refresh_token is None:
            info.context.cookies.clear()
        await logout(info.context.infra, refresh_token, info.context.client)
        return LogoutSuccess(logged_out=True)

    @mutation(Role.GUEST, description="End all of one's sessions.")
    async def logout_everywhere(
        self, info: Info, input: LogoutEverywhereInput | None = None
    ) -> LogoutEverywhereResult:
        viewer = signed_in(info)
        keep = viewer.session_id if input is not None and input.keep_current else None
        ended = await logout_everywhere(info.context.infra, viewer.user_id, keep=keep, client=info.context.client)
        if keep is None:
            info.context.cookies.clear()
        return LogoutEverywhereSuccess(sessions=ended)

    @mutation(Role.CUSTOMER, description="End one of one's sessions, as me.sessions lists them.")
    async def revoke_session(self, info: Info, input: RevokeSessionInput) -> RevokeSessionResult:
        viewer = signed_in(info)
        session_id = input_id(input.session_id, "ActiveSession", "sessionId")
        await revoke_session(info.context.infra, viewer.user_id, session_id, info.context.client)
        if session_id == viewer.session_id:
            info.context.cookies.clear()
        return RevokeSessionSuccess(session_id=input.session_id)


def _refresh_token(info: Info, given: str | None) -> str:
    """Returns the token in the input, or else in the cookie. Errors: SessionExpired."""
    token = info.context.cookies.refresh_token if given is None else given
    if token is None:
        raise SessionExpired()
    return token
