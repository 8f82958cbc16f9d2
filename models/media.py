"""Uploaded files: which there are, so that those that nothing refers to any more can be found and deleted."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.types import exact_text


class MediaFile(Base):
    """An image in the store, its thumbnails with it.

    ``used_at`` is when it was last uploaded (before the file is there, and before an image refers to it) or taken
    off a product. ``doomed_at``: since then it is being deleted, and may not be referred to any more.
    """

    __tablename__ = "media_files"

    name: Mapped[str] = mapped_column(exact_text(80), primary_key=True)
    bytes: Mapped[int] = mapped_column(BigInteger)
    width: Mapped[int]
    height: Mapped[int]
    thumbnails: Mapped[list[int]] = mapped_column(JSON)
    used_at: Mapped[datetime] = mapped_column(index=True)
    doomed_at: Mapped[datetime | None]
