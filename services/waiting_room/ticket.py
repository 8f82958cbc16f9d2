"""A customer's place in the line, as it is at a moment."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from models import FlashSale, WaitingRoom
from services.waiting_room.admission import Admission


@dataclass(frozen=True, slots=True)
class Ticket:
    """``ahead``: how many before this position are not let in yet. ``wait``: expected, at the rate of now."""

    sale_id: UUID
    customer_id: UUID
    position: int
    ahead: int
    wait: timedelta
    ends_at: datetime

    @property
    def admitted(self) -> bool:
        return not self.wait


def admission_of(room: WaitingRoom, sale: FlashSale) -> Admission | None:
    """Returns how the room lets people in; None when the sale sells to everybody.

    The line does not move before the sale begins.
    """
    if room.admit_per_second is None:
        return None
    return Admission(room.admit_per_second, room.base_count, max(room.base_at, sale.starts_at))


def ticket_of(sale: FlashSale, admission: Admission, customer_id: UUID, position: int, now: datetime) -> Ticket:
    ahead = max(0, position - 1 - admission.admitted(now))
    return Ticket(sale.id, customer_id, position, ahead, admission.wait(position, now), sale.ends_at)
