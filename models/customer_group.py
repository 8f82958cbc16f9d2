"""Groups and tags of customers. A user's own row has the ids of its groups too: access tokens are made of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.types import exact_text


class CustomerGroup(Base):
    """``key`` is the name as groups are told apart by it. ``version`` counts its changes."""

    __tablename__ = "customer_groups"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    key: Mapped[str] = mapped_column(exact_text(200), unique=True)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]


class GroupMember(Base):
    __tablename__ = "customer_group_members"

    group_id: Mapped[UUID] = mapped_column(ForeignKey("customer_groups.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)


class CustomerTag(Base):
    __tablename__ = "customer_tags"

    tag: Mapped[str] = mapped_column(exact_text(160), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)
