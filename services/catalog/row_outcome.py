"""What bulk changes share: their policy, and what is told of each row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from models.documents import ProductDoc
from services.shared.errors import InvalidInput, ServiceError

MOST_ROWS: Final = 500
MOST_VARIANTS: Final = 5000


class BulkPolicy(StrEnum):
    """What becomes of the good rows when others are at fault: nothing is written, or they are."""

    REJECT_ALL = "REJECT_ALL"
    REJECT_ROWS = "REJECT_ROWS"


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """``document`` when it was written, ``error`` when it is at fault; neither when others were."""

    document: ProductDoc | None = None
    error: ServiceError | None = None


def require_size(rows: int, variants: int) -> None:
    """Errors: InvalidInput at ``products``."""
    if not 1 <= rows <= MOST_ROWS:
        raise InvalidInput.at("products", message=f"must be 1 to {MOST_ROWS}")
    if variants > MOST_VARIANTS:
        raise InvalidInput.at("products", message=f"have {variants} variants, at most {MOST_VARIANTS} can be")


def may_write(errors: Iterable[ServiceError | None], policy: BulkPolicy) -> bool:
    return policy is BulkPolicy.REJECT_ROWS or not any(errors)


def of_row(error: ServiceError, place: int) -> ServiceError:
    return error.in_row("products", str(place)) if isinstance(error, InvalidInput) else error


def outcomes(errors: Sequence[ServiceError | None], documents: Sequence[ProductDoc | None]) -> list[RowOutcome]:
    return [
        RowOutcome(document, None if error is None else of_row(error, place))
        for place, (error, document) in enumerate(zip(errors, documents, strict=True))
    ]
