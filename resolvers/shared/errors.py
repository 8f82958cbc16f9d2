"""The errors that a client is expected to handle, as members of a mutation's union."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

import strawberry
from graphql import GraphQLOutputType, GraphQLUnionType, get_named_type

from infra.errors import StoreUnavailable
from models.enums import FlashSaleStatus, OrderStatus
from resolvers.shared.context import Info
from resolvers.shared.failures import RequestError, unavailable
from services.shared import errors as service
from services.shared.patience import try_again


@strawberry.interface(description="An outcome that a client is expected to handle.")
class Error:
    code: str = strawberry.field(description="A stable machine-readable code, UPPER_SNAKE_CASE.")
    message: str = strawberry.field(description="A sentence for people.")


@strawberry.type(description="Another account has that e-mail address.")
class EmailTaken(Error): ...


@strawberry.type(description="E-mail address and password do not belong together; it is not said which is wrong.")
class InvalidCredentials(Error): ...


@strawberry.type(description="The refresh token is not valid, or not any more: sign in again.")
class SessionExpired(Error): ...


@strawberry.type(description="A mailed token that is not valid, or not any more.")
class InvalidToken(Error): ...


@strawberry.type(description="There is nothing to confirm.")
class EmailAlreadyVerified(Error): ...


@strawberry.type(description="A code of a sign-in with another provider that is not valid, or not any more.")
class SignInCodeExpired(Error): ...


@strawberry.type(description="That account at the provider leads to another account here.")
class IdentityTaken(Error): ...


@strawberry.type(description="Nobody could sign in to the account any more.")
class LastSignInMethod(Error): ...


@strawberry.type(description="Nobody could administer any more.")
class LastAdministrator(Error): ...


@strawberry.type(description="What is wrong with one field of an input.")
class FieldError:
    path: list[str] = strawberry.field(
        description='Where it is, with places in lists, such as ["input", "lines", "0", "quantity"].'
    )
    message: str = strawberry.field(description="A sentence for people.")


@strawberry.type(description="Fields of the input are at fault; nothing was done.")
class InvalidInput(Error):
    fields: list[FieldError] = strawberry.field(
        description='The path of each input field at fault, e.g. ["input", "email"], and why.'
    )


@strawberry.type(description="There is no such thing, or it is somebody else's.")
class NotFound(Error): ...


@strawberry.type(description="Another variant has that SKU.")
class SkuTaken(Error):
    sku: str = strawberry.field(description="The one that was asked for.")


@strawberry.type(description="Another product or category has that slug.")
class SlugTaken(Error):
    slug: str = strawberry.field(description="The one that was asked for.")


@strawberry.type(description="There are fewer units than were asked for; none was taken.")
class OutOfStock(Error):
    sku: str = strawberry.field(description="Of what.")
    available: int = strawberry.field(description="Units that there are.")


@strawberry.type(description="No line is selected.")
class CartEmpty(Error): ...


@strawberry.type(description="The sale has not begun, is paused, or is over.")
class FlashSaleNotRunning(Error):
    starts_at: datetime = strawberry.field(description="When it begins, or began.")
    ends_at: datetime = strawberry.field(description="When it ends, or ended.")


@strawberry.type(
    description="The flash sale has a waiting room: enterFlashSale, and order with the pass that it gives."
)
class AdmissionRequired(Error): ...


@strawberry.type(
    description="The flash sale is for confirmed e-mail addresses: requestEmailVerification, answer the mail, and "
    "order with what refreshSession gives then."
)
class EmailNotConfirmed(Error): ...


@strawberry.type(description="The flash sale is in a state in which that cannot be done.")
class FlashSaleStateConflict(Error):
    status: FlashSaleStatus = strawberry.field(description="The state that it is in.")


@strawberry.type(description="It was changed since the version that was given.")
class StaleVersion(Error):
    current_version: int = strawberry.field(description="The one to base the change on now.")


@strawberry.type(description="There is another number on hand than was counted from.")
class StaleCount(Error):
    on_hand: int = strawberry.field(description="What is on hand now.")


@strawberry.type(description="Another warehouse has that code.")
class WarehouseCodeTaken(Error):
    warehouse_code: str = strawberry.field(description="The code that was asked for.")


@strawberry.type(description="A warehouse with units on hand cannot be closed.")
class WarehouseNotEmpty(Error):
    on_hand: int = strawberry.field(description="Units that must go first.")


@strawberry.type(description="The customer would have more of it than one customer may.")
class PurchaseLimitReached(Error):
    limit: int = strawberry.field(description="The most that one customer may have, over all their orders.")
    already_ordered: int = strawberry.field(description="Units that the customer has ordered before.")


@strawberry.type(description="The key was used before, for something else: take a new one.")
class IdempotencyConflict(Error): ...


@strawberry.type(description="Nothing was taken; try again with the same idempotencyKey.")
class TryAgain(Error):
    retry_after_ms: int = strawberry.field(description="How long to wait before.")


@strawberry.type(description="The provider will not take it; try again with a new idempotencyKey.")
class PaymentDeclined(Error): ...


@strawberry.type(description="The provider takes money only while the customer is there: choose another one.")
class CannotChargeLater(Error):
    provider: str = strawberry.field(description="That was chosen.")


@strawberry.type(description="The order is in a state from which it cannot get there.")
class InvalidTransition(Error):
    from_: OrderStatus = strawberry.field(name="from", description="The state that it is in.")
    to: OrderStatus = strawberry.field(description="The state that was asked for.")


def _plain(type_: type[Error]) -> Callable[[Any], Error]:
    return lambda e: type_(code=e.code, message=e.message)


# One entry a service error; the union member has the name of the type it makes.
_TO_TYPE: dict[type[service.ServiceError], Callable[[Any], Error]] = {
    service.EmailTaken: _plain(EmailTaken),
    service.InvalidCredentials: _plain(InvalidCredentials),
    service.SessionExpired: _plain(SessionExpired),
    service.InvalidToken: _plain(InvalidToken),
    service.EmailAlreadyVerified: _plain(EmailAlreadyVerified),
    service.SignInCodeExpired: _plain(SignInCodeExpired),
    service.IdentityTaken: _plain(IdentityTaken),
    service.LastSignInMethod: _plain(LastSignInMethod),
    service.LastAdministrator: _plain(LastAdministrator),
    service.NotFound: _plain(NotFound),
    service.AdmissionRequired: _plain(AdmissionRequired),
    service.EmailNotConfirmed: _plain(EmailNotConfirmed),
    service.IdempotencyConflict: _plain(IdempotencyConflict),
    service.PaymentDeclined: _plain(PaymentDeclined),
    service.CannotChargeLater: lambda e: CannotChargeLater(code=e.code, message=e.message, provider=e.provider),
    service.InvalidInput: lambda e: InvalidInput(
        code=e.code,
        message=e.message,
        fields=[FieldError(path=list(problem.path), message=problem.message) for problem in e.problems],
    ),
    service.SkuTaken: lambda e: SkuTaken(code=e.code, message=e.message, sku=e.sku),
    service.SlugTaken: lambda e: SlugTaken(code=e.code, message=e.message, slug=e.slug),
    service.OutOfStock: lambda e: OutOfStock(code=e.code, message=e.message, sku=e.sku, available=e.available),
    service.FlashSaleNotRunning: lambda e: FlashSaleNotRunning(
        code=e.code, message=e.message, starts_at=e.starts_at, ends_at=e.ends_at
    ),
    service.FlashSaleStateConflict: lambda e: FlashSaleStateConflict(
        code=e.code, message=e.message, status=FlashSaleStatus(e.status)
    ),
    service.StaleVersion: lambda e: StaleVersion(code=e.code, message=e.message, current_version=e.version),
    service.StaleCount: lambda e: StaleCount(code=e.code, message=e.message, on_hand=e.on_hand),
    service.WarehouseCodeTaken: lambda e: WarehouseCodeTaken(
        code=e.code, message=e.message, warehouse_code=e.warehouse_code
    ),
    service.WarehouseNotEmpty: lambda e: WarehouseNotEmpty(code=e.code, message=e.message, on_hand=e.on_hand),
    service.CartEmpty: _plain(CartEmpty),
    service.PurchaseLimitReached: lambda e: PurchaseLimitReached(
        code=e.code, message=e.message, limit=e.limit, already_ordered=e.already_ordered
    ),
    service.TryAgain: lambda e: TryAgain(code=e.code, message=e.message, retry_after_ms=e.retry_after_ms),
    service.InvalidTransition: lambda e: InvalidTransition(
        code=e.code, message=e.message, from_=OrderStatus(e.source), to=OrderStatus(e.target)
    ),
}


def to_error(error: service.ServiceError) -> Error:
    """Returns the GraphQL type of a service error."""
    return _TO_TYPE[type(error)](error)


def to_request_error(error: service.ServiceError) -> RequestError:
    """Make an error for a field whose type has no place for it: the same code, in ``errors[]``."""
    details: dict[str, object] = {}
    if isinstance(error, service.InvalidInput):
        details["fields"] = [{"path": list(p.path), "message": p.message} for p in error.problems]
    if isinstance(error, service.TryAgain | service.RateLimited):
        details["retryAfterMs"] = error.retry_after_ms
    if isinstance(error, service.RateLimited):
        details["retryAfter"] = -(-error.retry_after_ms // 1000)
    return RequestError(error.code, error.message, details)


def _has_member(info: Info, name: str) -> bool:
    return name in _members(info._raw_info.return_type)


@cache
def _members(type_: GraphQLOutputType) -> frozenset[str]:
    """Returns the names of a union's types; of another type none."""
    union = get_named_type(type_)
    return frozenset(member.name for member in union.types) if isinstance(union, GraphQLUnionType) else frozenset()


def outcome(info: Info, error: service.ServiceError | StoreUnavailable) -> Error:
    """Returns the member of the field's union for this error. Errors: RequestError when the union has none."""
    if isinstance(error, StoreUnavailable):
        if not _has_member(info, "TryAgain"):
            raise unavailable(error.retry_after) from error
        error = try_again(error)
    if type(error) not in _TO_TYPE:
        raise to_request_error(error) from error
    member = to_error(error)
    if not _has_member(info, type(member).__name__):
        raise to_request_error(error) from error
    return member
