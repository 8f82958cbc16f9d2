"""The waiting room of a flash sale: who came when, and how fast they are let in."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import MYSQL, Base
from models.types import Quantity


class WaitingRoom(Base):
    """A sale without one, or with ``admit_per_second`` None, sells to everybody.

    ``entered`` is the last position given. ``base_count`` were let in at ``base_at``, or are at the sale's start
    if that is later; from then on ``admit_per_second`` more each second.
    """

    __tablename__ = "waiting_rooms"

    sale_id: Mapped[UUID] = mapped_column(ForeignKey("flash_sales.id"), primary_key=True)
    admit_per_second: Mapped[int | None] = mapped_column(Quantity)
    entered: Mapped[int] = mapped_column(Quantity, default=0)
    base_count: Mapped[int] = mapped_column(Quantity, default=0)
    base_at: Mapped[datetime]


class SaleTicket(Base):
    """A customer's place in the line, counted from 1."""

    __tablename__ = "sale_tickets"
    __table_args__ = (UniqueConstraint("sale_id", "position"), MYSQL)

    sale_id: Mapped[UUID] = mapped_column(ForeignKey("flash_sales.id"), primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(Quantity)
    entered_at: Mapped[datetime]
