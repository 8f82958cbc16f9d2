"""The named errors of the business: each has a stable code, and becomes a member of a result union.

A verb raises them; nothing else that it raises is meant for a client.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


class ServiceError(Exception):
    """``code`` is machine-readable and stable; the message is a sentence for people."""

    code: ClassVar[str]

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """``path`` starts at the argument, e.g. ``("input", "email")``."""

    path: tuple[str, ...]
    message: str


class InvalidInput(ServiceError):
    code = "INVALID_INPUT"

    def __init__(self, problems: Iterable[FieldProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{'.'.join(p.path)}: {p.message}" for p in self.problems))

    @classmethod
    def at(cls, *path: str, message: str) -> "InvalidInput":
        """Make the error of one problem, at ``input.<path>``."""
        return cls([FieldProblem(("input", *path), message)])

    def in_row(self, *place: str) -> "InvalidInput":
        """Returns the error with the paths moved from ``input.title`` to ``input.products.3.title``."""
        return InvalidInput(FieldProblem(("input", *place, *p.path[1:]), p.message) for p in self.problems)


class NotFound(ServiceError):
    """It is not there, or it is another's: the two look the same."""

    code = "NOT_FOUND"


class EmailTaken(ServiceError):
    code = "EMAIL_TAKEN"


class InvalidCredentials(ServiceError):
    code = "INVALID_CREDENTIALS"


class SessionExpired(ServiceError):
    """The session has ended, in whatever way, or never was."""

    code = "SESSION_EXPIRED"

    def __init__(self) -> None:
        super().__init__("The session has ended. Sign in again.")


class InvalidToken(ServiceError):
    """A mailed token that never was, has expired or was used: which of them is nobody's business."""

    code = "INVALID_TOKEN"

    def __init__(self) -> None:
        super().__init__("This link is not valid, or not any more. Ask for a new one.")


class SignInCodeExpired(ServiceError):
    """A code that a browser came back with from another provider: it never was, is used, too old, or another's."""

    code = "SIGN_IN_CODE_EXPIRED"

    def __init__(self) -> None:
        super().__init__("This sign-in is not valid, or not any more. Start again.")


class IdentityTaken(ServiceError):
    code = "IDENTITY_TAKEN"

    def __init__(self) -> None:
        super().__init__("This identity signs in to another account.")


class LastSignInMethod(ServiceError):
    code = "LAST_SIGN_IN_METHOD"

    def __init__(self) -> None:
        super().__init__("This is the only way to sign in. Set a password or link another provider first.")


class LastAdministrator(ServiceError):
    code = "LAST_ADMINISTRATOR"

    def __init__(self) -> None:
        super().__init__("This is the last account that can administer. Make another one an administrator first.")


class EmailAlreadyVerified(ServiceError):
    code = "EMAIL_ALREADY_VERIFIED"

    def __init__(self) -> None:
        super().__init__("This e-mail address is confirmed already.")


class SkuTaken(ServiceError):
    code = "SKU_TAKEN"

    def __init__(self, sku: str) -> None:
        super().__init__(f"The SKU {sku} is in use.")
        self.sku = sku


class SlugTaken(ServiceError):
    code = "SLUG_TAKEN"

    def __init__(self, slug: str) -> None:
        super().__init__(f"The slug {slug} is in use.")
        self.slug = slug


class OutOfStock(ServiceError):
    code = "OUT_OF_STOCK"

    def __init__(self, sku: str, available: int) -> None:
        super().__init__(f"{available} of {sku} left." if available else f"{sku} is sold out.")
        self.sku = sku
        self.available = available


class CartEmpty(ServiceError):
    code = "CART_EMPTY"

    def __init__(self) -> None:
        super().__init__("There is nothing in the cart that could be ordered.")


class FlashSaleNotRunning(ServiceError):
    code = "FLASH_SALE_NOT_RUNNING"

    def __init__(self, starts_at: datetime, ends_at: datetime) -> None:
        super().__init__("The flash sale is not running.")
        self.starts_at = starts_at
        self.ends_at = ends_at


class AdmissionRequired(ServiceError):
    """The sale has a waiting room, and there is no valid pass."""

    code = "ADMISSION_REQUIRED"

    def __init__(self) -> None:
        super().__init__("Enter the flash sale first: ordering needs a valid pass of its waiting room.")


class EmailNotConfirmed(ServiceError):
    """The sale asks for an e-mail address that is confirmed."""

    code = "EMAIL_NOT_CONFIRMED"

    def __init__(self) -> None:
        super().__init__("This sale is for confirmed e-mail addresses. Answer the mail, then refresh the session.")


class FlashSaleStateConflict(ServiceError):
    """``status`` is the name of the sale's state; ``action`` what cannot be done with it in that state."""

    code = "FLASH_SALE_STATE_CONFLICT"

    def __init__(self, status: str, action: str) -> None:
        super().__init__(f"A flash sale that is {status} cannot be {_PAST.get(action, action)}.")
        self.status = status


_PAST = {"pause": "paused", "resume": "resumed", "end": "ended early", "cancel": "cancelled", "change": "changed"}


class StaleVersion(ServiceError):
    """``version`` is the one that the thing has now."""

    code = "STALE_VERSION"

    def __init__(self, version: int) -> None:
        super().__init__(f"It was changed meanwhile: it has the version {version} now.")
        self.version = version


class StaleCount(ServiceError):
    """``on_hand`` is what there was to count from, at the time."""

    code = "STALE_COUNT"

    def __init__(self, on_hand: int) -> None:
        super().__init__(f"There are {on_hand} on hand by now: count again.")
        self.on_hand = on_hand


class WarehouseCodeTaken(ServiceError):
    code = "WAREHOUSE_CODE_TAKEN"

    def __init__(self, warehouse_code: str) -> None:
        super().__init__(f"The warehouse code {warehouse_code} is in use.")
        self.warehouse_code = warehouse_code


class WarehouseNotEmpty(ServiceError):
    """Units are on hand there, so it cannot be closed."""

    code = "WAREHOUSE_NOT_EMPTY"

    def __init__(self, on_hand: int) -> None:
        super().__init__(f"{on_hand} units are on hand there. Move them first.")
        self.on_hand = on_hand


class PurchaseLimitReached(ServiceError):
    code = "PURCHASE_LIMIT_REACHED"

    def __init__(self, limit: int, already_ordered: int) -> None:
        super().__init__(f"At most {limit} a customer; {already_ordered} ordered already.")
        self.limit = limit
        self.already_ordered = already_ordered


class IdempotencyConflict(ServiceError):
    code = "IDEMPOTENCY_CONFLICT"

    def __init__(self) -> None:
        super().__init__("This idempotencyKey was used with another input.")


class TryAgain(ServiceError):
    """Nothing was taken for good; the same key may be tried again."""

    code = "TRY_AGAIN"

    def __init__(self, retry_after_ms: int = 1000) -> None:
        super().__init__("Not now. Try again with the same idempotencyKey.")
        self.retry_after_ms = retry_after_ms


class PaymentDeclined(ServiceError):
    """The provider will not take it; another attempt, with a new key, may do."""

    code = "PAYMENT_DECLINED"

    def __init__(self, message: str = "The payment was declined.") -> None:
        super().__init__(message)


class CannotChargeLater(ServiceError):
    """The provider takes money only while the customer is there; nothing can be armed with it."""

    code = "CANNOT_CHARGE_LATER"

    def __init__(self, provider: str) -> None:
        super().__init__(f"{provider} cannot be charged later: choose another provider, or order without arming.")
        self.provider = provider


class InvalidTransition(ServiceError):
    """``source`` and ``target`` are names of order states."""

    code = "INVALID_TRANSITION"

    def __init__(self, source: str, target: str) -> None:
        super().__init__(f"An order that is {source} cannot become {target}.")
        self.source = source
        self.target = target


class RateLimited(ServiceError):
    """Over a rate limit; in no union, since no client should need to expect it."""

    code = "RATE_LIMITED"

    def __init__(self, retry_after_ms: int) -> None:
        super().__init__("Too many requests. Try again later.")
        self.retry_after_ms = retry_after_ms
