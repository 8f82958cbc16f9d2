"""A waiting room that nobody has entered yet."""

from datetime import datetime
from typing import Final

from models import FlashSale, WaitingRoom
from services.shared.errors import InvalidInput

MOST_A_SECOND: Final = 100_000


def check_rate(rate: int | None, field: str) -> None:
    """Errors: InvalidInput."""
    if rate is not None and not 1 <= rate <= MOST_A_SECOND:
        raise InvalidInput.at(field, message=f"must be 1 to {MOST_A_SECOND}")


def new_room(sale: FlashSale, rate: int | None, now: datetime) -> WaitingRoom:
    return WaitingRoom(sale_id=sale.id, admit_per_second=rate, entered=0, base_count=0, base_at=now)
