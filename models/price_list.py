"""Price lists: what variants cost customers of some groups."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import MYSQL, Base
from models.types import MinorUnits, code_text


class PriceList(Base):
    """It holds from ``starts_at`` until ``ends_at``. ``version`` counts its changes, those of its prices too."""

    __tablename__ = "price_lists"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]


class PriceListGroup(Base):
    """A group that a list is open to."""

    __tablename__ = "price_list_groups"

    group_id: Mapped[UUID] = mapped_column(ForeignKey("customer_groups.id"), primary_key=True)
    price_list_id: Mapped[UUID] = mapped_column(ForeignKey("price_lists.id"), primary_key=True, index=True)


class ListedPrice(Base):
    """What a unit of a variant costs by a list, in one currency."""

    __tablename__ = "listed_prices"
    __table_args__ = (CheckConstraint("amount >= 0", name="amount_not_negative"), MYSQL)

    price_list_id: Mapped[UUID] = mapped_column(ForeignKey("price_lists.id"), primary_key=True)
    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id"), primary_key=True, index=True)
    currency: Mapped[str] = mapped_column(code_text(3), primary_key=True)
    amount: Mapped[int] = mapped_column(MinorUnits)
