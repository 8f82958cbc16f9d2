"""Start a session: its row, and the first pair of tokens."""

from dataclasses import dataclass
from datetime import timedelta

from infra.ids import new_id
from infra.runtime import Infra
from models.session import RefreshSession
from models.user import User
from services.session.access_tokens import AccessTokens
from services.session.token_pair import TokenPair, digest, new_refresh_token
from services.shared.client import MAX_DEVICE, Client


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A user and what proves it from now on."""

    user: User
    tokens: TokenPair


@dataclass(frozen=True, slots=True)
class NewSession:
    """``row`` is yet to be added to a transaction; until then the refresh token is worth nothing."""

    row: RefreshSession
    tokens: TokenPair


def new_session(infra: Infra, tokens: AccessTokens, user: User, client: Client) -> NewSession:
    now, session_id = infra.now(), new_id()
    refresh_token = new_refresh_token(session_id)
    row = RefreshSession(
        id=session_id,
        user_id=user.id,
        token_hash=digest(refresh_token),
        device=client.device[:MAX_DEVICE],
        ip=client.ip,
        created_at=now,
        last_used_at=now,
        expires_at=now + timedelta(seconds=infra.settings.sign_in.session_ttl),
    )
    issued = tokens.issue(user, session_id)
    return NewSession(row, TokenPair(issued.token, issued.expires_at, refresh_token, row.expires_at))
