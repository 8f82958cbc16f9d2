"""An address outside the database: as Redis keeps it for readers, and as an order remembers it."""

from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from models.ready_document import ReadyDocument


@dataclass(frozen=True, slots=True)
class AddressDoc(ReadyDocument):
    """``country_code`` is ISO 3166-1 alpha-2."""

    id: UUID
    recipient: str
    phone: str
    line1: str
    line2: str | None
    city: str
    region: str | None
    postal_code: str | None
    country_code: str
    is_default: bool

    def to_json(self) -> dict[str, str | bool | None]:
        return {
            "id": self.id.hex,
            "recipient": self.recipient,
            "phone": self.phone,
            "line1": self.line1,
            "line2": self.line2,
            "city": self.city,
            "region": self.region,
            "postalCode": self.postal_code,
            "countryCode": self.country_code,
            "isDefault": self.is_default,
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Self:
        """Errors: KeyError, TypeError or ValueError when it is not such a document."""
        return cls(
            UUID(raw["id"]),
            str(raw["recipient"]),
            str(raw["phone"]),
            str(raw["line1"]),
            _optional(raw["line2"]),
            str(raw["city"]),
            _optional(raw["region"]),
            _optional(raw["postalCode"]),
            str(raw["countryCode"]),
            bool(raw["isDefault"]),
        )


def _optional(value: object) -> str | None:
    return None if value is None else str(value)
