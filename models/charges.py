"""What orders are charged beside their lines: where is shipped to at which rates, and which taxes there are."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import MYSQL, Base
from models.enums import HalfRounding, TaxRounding
from models.types import exact_text


class ShippingZone(Base):
    """``places`` and ``rates`` as models/charges_rules.py has them; ``version`` counts its changes."""

    __tablename__ = "shipping_zones"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    places: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    rates: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class TaxRegion(Base):
    """``country`` ``*`` is all others; ``state`` "" is all of the country. ``rates`` in millionths, by class."""

    __tablename__ = "tax_regions"
    __table_args__ = (UniqueConstraint("country", "state"), MYSQL)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    country: Mapped[str] = mapped_column(exact_text(2))
    state: Mapped[str] = mapped_column(exact_text(100))
    inclusive: Mapped[bool]
    on_shipping: Mapped[bool]
    rates: Mapped[dict[str, int]] = mapped_column(JSON)
    rounding: Mapped[TaxRounding] = mapped_column(String(8))
    half: Mapped[HalfRounding] = mapped_column(String(8))
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class FirstFill(Base):
    """That the settings of before were taken over, once: from then on the tables say it all, empty ones too. Who
    changes them has the row locked."""

    __tablename__ = "first_fills"

    name: Mapped[str] = mapped_column(exact_text(32), primary_key=True)
    at: Mapped[datetime]
