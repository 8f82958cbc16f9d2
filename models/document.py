"""Documents that a shop's own clients send, as their builds list them."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import MYSQL, Base
from models.types import exact_text


class ListedDocument(Base):
    """``id`` is what clients name it by: a hash, as a rule, of whichever kind their build makes."""

    __tablename__ = "listed_documents"
    __table_args__ = (MYSQL,)

    id: Mapped[str] = mapped_column(exact_text(255), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    loaded_at: Mapped[datetime]
