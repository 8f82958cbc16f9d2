"""A flood of refusals fills the audit log with no more than a thousand entries, and hides none of it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from infra.errors import StoreUnavailable
from infra.refusals import MOST, Refusal
from infra.runtime import Infra
from models import AuditEntry
from services.audit.write_refusals import write_refusals

FLOOD, OTHER = "session.throttled", "field.refused"
NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


def _flood(infra: Infra, kinds: int, at: datetime = NOON) -> None:
    for number in range(kinds):
        infra.refusals.note(Refusal(FLOOD, "", f"account {number}", "203.0.113.7"), at.timestamp())


async def _details(infra: Infra, action: str) -> list[dict[str, str]]:
    async with infra.database.read() as session:
        query = select(AuditEntry.details).where(AuditEntry.action == action).order_by(AuditEntry.id)
        return list(await session.scalars(query))


async def test_what_comes_after_a_thousand_kinds_is_counted(infra: Infra) -> None:
    _flood(infra, MOST + 250)
    _flood(infra, 10)  # of kinds that are there
    infra.refusals.note(Refusal(OTHER, "", "Query.auditLog", "198.51.100.1"), NOON.timestamp())
    assert await write_refusals(infra, ending=True) == MOST + 2
    found = await _details(infra, FLOOD)
    assert (len(found), found[0], found[-1]) == (MOST + 1, {"what": "account 0"}, {"more": "250"})
    assert await _details(infra, OTHER) == [{"what": "Query.auditLog"}]
    assert infra.counters.snapshot()["audit"] == {"refused_more": 250}
    assert await write_refusals(infra, ending=True) == 0


async def test_the_number_is_written_once_the_minute_is_over(infra: Infra) -> None:
    now = infra.now()
    _flood(infra, MOST + 3, now)
    assert infra.refusals.take_more(now.timestamp()) == {}
    later = now + timedelta(minutes=1)
    assert infra.refusals.take_more(later.timestamp()) == {FLOOD: 3}
    # A new minute has a thousand of its own.
    assert infra.refusals.note(Refusal(FLOOD, "", "account 5000"), later.timestamp())


async def test_what_cannot_be_written_is_kept_or_counted(infra: Infra, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_arguments: object) -> None:
        raise StoreUnavailable("database")

    _flood(infra, MOST + 1)
    with monkeypatch.context() as patched:
        patched.setattr(type(infra.database), "transact", away)
        with pytest.raises(StoreUnavailable):
            await write_refusals(infra, ending=True)
    _flood(infra, 5, NOON + timedelta(minutes=1))
    infra.refusals.put_back(infra.refusals.take(), infra.refusals.take_more(None))
    assert await write_refusals(infra, ending=True) == MOST + 1
    assert (await _details(infra, FLOOD))[-1] == {"more": "6"}
