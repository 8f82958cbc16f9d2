"""The life of a sale as tables: what staff may do with it in which state. Pure."""

from enum import StrEnum
from typing import Final

from models.enums import FlashSaleStatus as S


class SaleAction(StrEnum):
    PAUSE = "pause"
    RESUME = "resume"
    END = "end"
    CANCEL = "cancel"


ACTIONS: Final[dict[SaleAction, frozenset[S]]] = {
    SaleAction.PAUSE: frozenset({S.SCHEDULED, S.RUNNING, S.PAUSED}),
    SaleAction.RESUME: frozenset({S.SCHEDULED, S.RUNNING, S.PAUSED}),
    SaleAction.END: frozenset({S.RUNNING, S.PAUSED}),
    SaleAction.CANCEL: frozenset({S.SCHEDULED}),
}
"""A scheduled sale that is paused does not begin; its status shows the pause once it would run."""


def is_done(action: SaleAction, status: S, *, paused: bool, cancelled: bool) -> bool:
    """Returns whether the sale is already what the action makes of it."""
    if status is S.ENDED:
        return action is (SaleAction.CANCEL if cancelled else SaleAction.END)
    return {SaleAction.PAUSE: paused, SaleAction.RESUME: not paused}.get(action, False)


def may(action: SaleAction, status: S) -> bool:
    return status in ACTIONS[action]


class SaleField(StrEnum):
    """By their names in the schema."""

    NAME = "name"
    STARTS_AT = "startsAt"
    ENDS_AT = "endsAt"
    ITEMS = "items"
    ALLOWS_CODES = "allowsCodes"
    REQUIRES_DELIVERY = "requiresDelivery"
    CONFIRMED_EMAIL_ONLY = "confirmedEmailOnly"


CHANGEABLE: Final[dict[SaleField, frozenset[S]]] = {
    SaleField.NAME: frozenset({S.SCHEDULED, S.RUNNING, S.PAUSED}),
    SaleField.STARTS_AT: frozenset({S.SCHEDULED}),
    SaleField.ENDS_AT: frozenset({S.SCHEDULED, S.RUNNING, S.PAUSED}),
    SaleField.ITEMS: frozenset({S.SCHEDULED}),
    SaleField.ALLOWS_CODES: frozenset({S.SCHEDULED, S.RUNNING, S.PAUSED}),
    SaleField.REQUIRES_DELIVERY: frozenset({S.SCHEDULED, S.RUNNING, S.PAUSED}),
    SaleField.CONFIRMED_EMAIL_ONLY: frozenset({S.SCHEDULED, S.RUNNING, S.PAUSED}),
}
"""Once it has started, customers have bought by its prices, limits and quantities."""


def may_change(field: SaleField, status: S) -> bool:
    return status in CHANGEABLE[field]


def needs_fence(field: SaleField) -> bool:
    """Returns whether it must not change while anything is sold by it."""
    return CHANGEABLE[field] == {S.SCHEDULED}
