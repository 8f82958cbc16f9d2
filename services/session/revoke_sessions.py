"""Revoke what was signed: this process refuses it at once, the others hear of it within a moment.

The way there is one Redis stream. It is the history that a process reads at its start and after each
interruption, and a blocked read of it is the push; a process that knows its place in it misses nothing in
between, as it could between loading keys and subscribing to a channel. Entries are dropped once all the tokens
they are about have expired. The database has the truth about sessions: without Redis a revoked session cannot be
refreshed either, only its last access token lives out its minutes in the processes that were not told.
"""

from collections.abc import Iterable
from uuid import UUID

import structlog

from infra.errors import StoreUnavailable
from infra.revocations import Revocation
from infra.runtime import Infra

log = structlog.get_logger(__name__)

STREAM = "auth:revocations"
# Of the clocks of two servers, and of Redis.
_SLACK = 10.0


async def revoke_sessions(infra: Infra, session_ids: Iterable[UUID]) -> None:
    """Refuse the access tokens of these sessions. After the commit that ended them; never fails."""
    now = infra.now().timestamp()
    await _revoke(infra, [Revocation("session", id_, now, now + _kept(infra)) for id_ in session_ids])


async def revoke_access_tokens(infra: Infra, *user_ids: UUID) -> None:
    """Refuse the access tokens that these users were given until now: the next refresh gives what a user is now.

    For a change of roles, after its commit; never fails. It ends no session.
    """
    now = infra.now().timestamp()
    await _revoke(infra, [Revocation("user", id_, now, now + _kept(infra)) for id_ in user_ids])


async def send_unsent(infra: Infra) -> None:
    """Tell the other processes what they have not been told. Errors: StoreUnavailable."""
    waiting = list(infra.revocations.unsent)
    if not waiting:
        return
    kept = _kept(infra)
    oldest = int((infra.now().timestamp() - kept) * 1000)
    await infra.redis.execute(
        *(("XADD", STREAM, "MINID", "~", max(oldest, 0), "*", *_fields(revocation)) for revocation in waiting),
        ("PEXPIRE", STREAM, int(kept * 1000)),
    )
    infra.revocations.unsent.difference_update(waiting)


def parse(fields: dict[bytes, bytes]) -> Revocation | None:
    """Read a revocation from an entry of the stream; None for one of another version."""
    try:
        kind = fields[b"kind"].decode()
        if kind in ("session", "user"):
            id_ = UUID(bytes=fields[b"id"])
            return Revocation(kind, id_, float(fields[b"before"]), float(fields[b"until"]))  # type: ignore[arg-type]
    except (KeyError, ValueError):
        pass
    return None


async def _revoke(infra: Infra, revocations: list[Revocation]) -> None:
    for revocation in revocations:
        infra.revocations.add(revocation)
    infra.revocations.unsent.update(revocations)
    try:
        await send_unsent(infra)
    except StoreUnavailable:
        # The watch sends it when Redis is back.
        log.warning("revocations.unsent", waiting=len(infra.revocations.unsent))


def _kept(infra: Infra) -> float:
    """Returns the seconds until no token that was issued before can be valid."""
    return max(infra.settings.sign_in.access_token_ttl, infra.settings.sign_in.revocation_ttl) + _SLACK


def _fields(revocation: Revocation) -> tuple[str | bytes, ...]:
    return (
        *("kind", revocation.kind),
        *("id", revocation.id.bytes),
        *("before", repr(revocation.before)),
        *("until", repr(revocation.until)),
    )
