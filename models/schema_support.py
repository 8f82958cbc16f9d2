"""Which servers the schema still serves: those of the release before go on while a new one comes."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import MYSQL, Base


class SchemaSupport(Base):
    """One row. ``oldest``: the first revision whose servers work with this schema; a migration that takes away
    what they need moves it on.
    """

    __tablename__ = "schema_support"
    __table_args__ = (MYSQL,)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    oldest: Mapped[str] = mapped_column(String(32))
