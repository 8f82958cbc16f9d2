"""A typed client for Rushcart."""

from rushcart_client.errors import (
    AdmissionRequired,
    FlashSaleNotRunning,
    Forbidden,
    IdempotencyConflict,
    InvalidCredentials,
    InvalidInput,
    NotFound,
    NotNow,
    OutOfStock,
    PurchaseLimitReached,
    Refused,
    RequestFailed,
    RushcartError,
    SessionExpired,
    TryAgain,
    Unauthenticated,
    Unreachable,
)
from rushcart_client.session import Session
from rushcart_client.shop import Rushcart, new_key
from rushcart_client.transport import Transport

__all__ = [
    "AdmissionRequired",
    "FlashSaleNotRunning",
    "Forbidden",
    "IdempotencyConflict",
    "InvalidCredentials",
    "InvalidInput",
    "NotFound",
    "NotNow",
    "OutOfStock",
    "PurchaseLimitReached",
    "Refused",
    "RequestFailed",
    "Rushcart",
    "RushcartError",
    "Session",
    "SessionExpired",
    "Transport",
    "TryAgain",
    "Unauthenticated",
    "Unreachable",
    "new_key",
]
