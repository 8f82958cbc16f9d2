"""The life of a sale: its status by the clock, and what staff may do with it when."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from models.enums import FlashSaleStatus as S
from models.flash_sale_document import sale_status
from services.flash_sale.states import (
    ACTIONS,
    CHANGEABLE,
    SaleAction,
    SaleField,
    is_done,
    may,
    may_change,
    needs_fence,
)

A = SaleAction
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)

# Said once more, by hand: a change of the tables must be meant. "done": it is so already.
#                      scheduled  paused before  running  paused   ended    cancelled
EXPECTED = {
    A.PAUSE: ("may", "done", "may", "done", "refused", "refused"),
    A.RESUME: ("done", "may", "done", "may", "refused", "refused"),
    A.END: ("refused", "refused", "may", "may", "done", "refused"),
    A.CANCEL: ("may", "may", "refused", "refused", "refused", "done"),
}
STATES = (
    (S.SCHEDULED, False, False),
    (S.SCHEDULED, True, False),
    (S.RUNNING, False, False),
    (S.PAUSED, True, False),
    (S.ENDED, False, False),
    (S.ENDED, False, True),
)


@pytest.mark.parametrize("action", SaleAction)
def test_what_may_be_done_when(action: SaleAction) -> None:
    found = []
    for status, paused, cancelled in STATES:
        done = is_done(action, status, paused=paused, cancelled=cancelled)
        found.append("done" if done else "may" if may(action, status) else "refused")
    assert tuple(found) == EXPECTED[action]


def test_the_tables_know_every_action() -> None:
    assert set(ACTIONS) == set(EXPECTED) == set(SaleAction)


def test_what_may_change_when() -> None:
    changeable = {(field, status) for field in SaleField for status in S if may_change(field, status)}
    started = {
        (field, status)
        for field in SaleField
        if field not in (SaleField.STARTS_AT, SaleField.ITEMS)
        for status in (S.RUNNING, S.PAUSED)
    }
    assert changeable == {(field, S.SCHEDULED) for field in SaleField} | started
    assert {field for field in SaleField if needs_fence(field)} == {SaleField.STARTS_AT, SaleField.ITEMS}
    assert set(CHANGEABLE) == set(SaleField)


@dataclass(frozen=True)
class Times:
    starts_at: datetime = NOON
    ends_at: datetime = NOON + timedelta(hours=1)
    paused: bool = False
    closed_at: datetime | None = None


@pytest.mark.parametrize(
    ("moment", "running", "paused"),
    [
        (NOON - MOMENT, S.SCHEDULED, S.SCHEDULED),
        (NOON, S.RUNNING, S.PAUSED),
        (NOON + timedelta(hours=1) - MOMENT, S.RUNNING, S.PAUSED),
        (NOON + timedelta(hours=1), S.ENDED, S.ENDED),
    ],
)
def test_the_status_by_the_clock(moment: datetime, running: S, paused: S) -> None:
    assert sale_status(Times(), moment) is running
    assert sale_status(Times(paused=True), moment) is paused
    assert sale_status(replace(Times(), closed_at=NOON), moment) is S.ENDED
