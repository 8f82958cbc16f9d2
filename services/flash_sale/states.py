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
    """True when the sale is already what the action makes of it."""
    if status is S.ENDED:
        return action is (SaleAction.CANCEL if cancelled else SaleAction.END)
    return {SaleAction.PAUSE: paused, SaleAction.RESUME: not paused}.get(action, False)


def may(action: SaleAction, status: S) -> bool:
    return status in ACTIONS[action]
