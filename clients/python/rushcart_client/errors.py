"""What goes wrong, each kind an exception of its own."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any


class RushcartError(Exception):
    """Any of these."""


class Unreachable(RushcartError):
    """No answer came, or none that is the server's. What was asked for may have been done: the same call with the
    same key finds out."""


class RequestFailed(RushcartError):
    """The request came to nothing: an entry of ``errors``. ``code`` is stable, the message is for people."""

    def __init__(self, code: str, message: str, extensions: Mapping[str, Any]) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.extensions = extensions


class Unauthenticated(RequestFailed):
    """Nobody is signed in, or the session has ended."""


class Forbidden(RequestFailed):
    """Whoever is signed in may not do this."""


class NotNow(RequestFailed):
    """Too many requests, or a part of the server does not answer; even after all retries."""

    @property
    def retry_after(self) -> float:
        """Seconds."""
        return float(self.extensions.get("retryAfterMs", 1000)) / 1000


class Refused(RushcartError):
    """The server said why it did not do it: an ``Error`` of the schema. ``told`` has all fields that were asked
    for."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.code: str = told["code"]
        self.message: str = told["message"]
        self.told = told
        super().__init__(f"{self.code}: {self.message}")


class OutOfStock(Refused):
    @property
    def available(self) -> int:
        """Units that are left."""
        return int(self.told["available"])


class PurchaseLimitReached(Refused):
    @property
    def limit(self) -> int:
        return int(self.told["limit"])

    @property
    def already_ordered(self) -> int:
        return int(self.told["alreadyOrdered"])


class FlashSaleNotRunning(Refused):
    @property
    def starts_at(self) -> datetime:
        return datetime.fromisoformat(self.told["startsAt"])

    @property
    def ends_at(self) -> datetime:
        return datetime.fromisoformat(self.told["endsAt"])


class AdmissionRequired(Refused):
    """The sale has a waiting room, and ``buy`` wants its pass."""


class InvalidInput(Refused):
    @property
    def problems(self) -> dict[str, str]:
        """What is wrong, by the path of the field."""
        return {".".join(one["path"]): one["message"] for one in self.told["fields"]}


class NotFound(Refused):
    """There is no such thing, or it is not the viewer's."""


class IdempotencyConflict(Refused):
    """The key was used for something else."""


class InvalidCredentials(Refused):
    """No such account, or not its password."""


class SessionExpired(Refused):
    """The session cannot be renewed any more: sign in again."""


class TryAgain(Refused):
    """Even after all retries. What was asked for may have been done: the same call with the same key finds out."""

    @property
    def retry_after(self) -> float:
        """Seconds."""
        return float(self.told["retryAfterMs"]) / 1000


_REFUSALS: dict[str, type[Refused]] = {
    "OUT_OF_STOCK": OutOfStock,
    "PURCHASE_LIMIT_REACHED": PurchaseLimitReached,
    "FLASH_SALE_NOT_RUNNING": FlashSaleNotRunning,
    "ADMISSION_REQUIRED": AdmissionRequired,
    "INVALID_INPUT": InvalidInput,
    "NOT_FOUND": NotFound,
    "IDEMPOTENCY_CONFLICT": IdempotencyConflict,
    "INVALID_CREDENTIALS": InvalidCredentials,
    "SESSION_EXPIRED": SessionExpired,
    "TRY_AGAIN": TryAgain,
}
_FAILURES: dict[str, type[RequestFailed]] = {
    "UNAUTHENTICATED": Unauthenticated,
    "FORBIDDEN": Forbidden,
    "RATE_LIMITED": NotNow,
    "UNAVAILABLE": NotNow,
    "TRY_AGAIN": NotNow,
}


def refusal(told: Mapping[str, Any]) -> Refused:
    """Make the exception of an ``Error``; one that this version does not know is a plain ``Refused``."""
    return _REFUSALS.get(told["code"], Refused)(told)


def failure(error: Mapping[str, Any]) -> RequestFailed:
    """Make the exception of an entry of ``errors``."""
    extensions = error.get("extensions") or {}
    code = str(extensions.get("code", "UNKNOWN"))
    return _FAILURES.get(code, RequestFailed)(code, str(error.get("message", "")), extensions)
