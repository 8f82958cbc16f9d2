"""How long a session lives, and who may have one; pure."""

from datetime import datetime, timedelta

from models.session import RefreshSession
from models.user import User
from settings import Settings


def may_sign_in(user: User) -> bool:
    """Returns whether the account is neither locked nor closed."""
    return user.locked_at is None and user.closed_at is None


def is_alive(session: RefreshSession, now: datetime, settings: Settings) -> bool:
    """Returns whether the session is not revoked, and neither too old nor too long unused."""
    return (
        session.revoked_at is None
        and session.expires_at > now
        and session.last_used_at > unused_since(now, settings)
    )


def unused_since(now: datetime, settings: Settings) -> datetime:
    """Returns the moment: a session that was last used before this is over."""
    return now - timedelta(seconds=settings.sign_in.session_idle_ttl)
