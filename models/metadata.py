"""Metadata: what else a shop keeps of its products, variants, customers and orders, under keys that staff define.

The values are in a column ``meta`` of their owner's own row, by the hex of the definition's id, so that they are
read with it. Those of products are found by the lists of the catalog's index, those of customers and orders by
``metadata_entries``.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import MYSQL, Base
from models.enums import MetadataOwner, MetadataType, MetadataVisibility
from models.types import exact_text


class MetadataDefinition(Base):
    """A key of a kind of owner, and what its values are. ``version`` counts its changes.

    One with ``deleted_at`` is there no more for anybody; its key is free, and its values are being taken away.
    """

    __tablename__ = "metadata_definitions"
    __table_args__ = (UniqueConstraint("owner", "key"), MYSQL)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner: Mapped[MetadataOwner] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(exact_text(80))
    type: Mapped[MetadataType] = mapped_column(String(16))
    visibility: Mapped[MetadataVisibility] = mapped_column(String(16))
    description: Mapped[str] = mapped_column(String(500))
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class MetadataEntry(Base):
    """A customer or an order has this value; ``digest`` is the value's SHA-256 in hex."""

    __tablename__ = "metadata_entries"

    definition_id: Mapped[UUID] = mapped_column(ForeignKey("metadata_definitions.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(exact_text(64), primary_key=True)
    owner_id: Mapped[UUID] = mapped_column(primary_key=True, index=True)
