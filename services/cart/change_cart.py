"""A cart in Redis: read it, change it. What is not there, or not to be believed, comes from the database first."""

import secrets
from dataclasses import dataclass, field
from typing import Any, Final

import structlog

from infra.clock import to_millis
from infra.errors import StoreUnavailable
from infra.redis_batch import Argument
from infra.runtime import Infra
from models.cart_document import CartDoc, LineDoc, from_fields, to_fields
from services.cart.keys import RUN, adopting_key, cart_key, dirty_key, run
from services.cart.rows import load_cart
from services.cart.rules import NoCart, NoLine, OtherCurrency, Owner, TooMany, TooManyLines
from services.cart.write_out import written
from services.shared.errors import TryAgain

log = structlog.get_logger(__name__)

_KEPT_MS: Final = 7 * 24 * 3600 * 1000
"""How long a copy is kept after the last change: the database has the cart."""
_ADOPTING_MS: Final = 10_000
_TRIES: Final = 8


@dataclass(frozen=True, slots=True)
class Change:
    """``kind`` and ``args`` as lua/change.lua has them. ``operation`` tells a repetition of it from another."""

    kind: str
    args: tuple[Argument, ...] = ()
    currency: str = ""
    operation: str = field(default_factory=lambda: secrets.token_hex(8))


def added_line(line: LineDoc, most: int) -> tuple[Argument, ...]:
    """Describe a line that comes in, for the script; ``most``: units it may have."""
    return line.id.hex, line.quantity, most, to_millis(line.added_at), int(line.selected), line.details()


async def read_cart(infra: Infra, owner: Owner) -> CartDoc | None:
    """Read a cart; None when there is none.

    Without Redis, as the database has it. Errors: StoreUnavailable, of the database.
    """
    try:
        cart: CartDoc | None = await _read(infra, owner)
    except NoCart:
        return None
    except StoreUnavailable as error:
        if error.store == "database":
            raise
        cart = await load_cart(infra, owner.cart_id)
    if cart is None or cart.version == 0 or cart.token_hash != owner.token_hash:
        return None
    return None if cart.expires_at is not None and cart.expires_at <= infra.now() else cart


async def _read(infra: Infra, owner: Owner) -> CartDoc:
    """Errors: NoCart, StoreUnavailable."""
    for _ in range(_TRIES):
        if reply := await run(infra.redis, "read", [cart_key(owner.cart_id)], [RUN]):
            return from_fields(owner.cart_id, reply)
        if (cart := await _adopt(infra, owner)) is not None:
            return cart
    raise StoreUnavailable("redis")


async def change_cart(infra: Infra, owner: Owner, change: Change, *, new: bool = False) -> CartDoc:
    """Run a change of the cart by its script. Returns the cart after it. ``new``: of a guest whose cart is to be
    made.

    Errors: CartRefusal, TryAgain, StoreUnavailable.
    """
    for _ in range(_TRIES):
        cart = await _change(infra, owner, change, new)
        if cart is None:
            await _adopt(infra, owner)
        elif await written(infra, cart):
            return cart
    log.warning("cart.contended", cart=owner.cart_id.hex)
    raise TryAgain


async def _change(infra: Infra, owner: Owner, change: Change, new: bool) -> CartDoc | None:
    """Change the copy; None when there is none to be believed. Errors: CartRefusal, StoreUnavailable."""
    settings, now = infra.settings, to_millis(infra.now())
    expires = 0 if owner.token_hash is None else now + int(settings.shop.guest_cart_ttl * 1000)
    # In a merge both carts may be full.
    lines = settings.shop.cart_lines * (2 if change.kind == "merge" else 1)
    head: list[Argument] = [
        RUN,
        secrets.token_hex(8) if new else "",
        owner.token_hash or "",
        change.operation,
        now,
        _KEPT_MS,
        expires,
        lines,
        change.currency,
        change.kind,
    ]
    keys = [cart_key(owner.cart_id), dirty_key(owner.cart_id), adopting_key(owner.cart_id)]
    status, *rest = await run(infra.redis, "change", keys, [*head, *change.args])
    if status == b"ok":
        return from_fields(owner.cart_id, rest[0])
    if status != b"verify":
        raise _refusal(status, rest)
    return None


def _refusal(status: bytes, rest: list[Any]) -> Exception:
    if status == b"over":
        return TooMany(rest[0])
    if status == b"currency":
        return OtherCurrency(rest[0].decode())
    return {b"denied": NoCart, b"missing": NoLine, b"lines": TooManyLines}[status]()


async def _adopt(infra: Infra, owner: Owner) -> CartDoc | None:
    """Take over what the database has; a customer who has no cart has an empty one. None when somebody changed the
    cart meanwhile: look again.

    Errors: NoCart for a guest's that is not there, StoreUnavailable.
    """
    mark, marked = secrets.token_hex(8), adopting_key(owner.cart_id)
    # Who comes second shares the mark of the first: it only says that nothing has changed since.
    [before] = await infra.redis.execute(("SET", marked, mark, "NX", "GET", "PX", _ADOPTING_MS))
    mark = before.decode() if before else mark
    stored = await load_cart(infra, owner.cart_id)
    if stored is None and owner.token_hash is not None:
        raise NoCart
    now = infra.now()
    cart = stored or CartDoc(owner.cart_id, None, None, 0, "", 0, now, now, None, ())
    fields = to_fields(cart) | {"life": secrets.token_hex(8)}
    pairs = [part for pair in fields.items() for part in pair]
    args: list[Argument] = [RUN, _KEPT_MS, cart.version, cart.life, mark, *pairs]
    reply = await run(infra.redis, "adopt", [cart_key(owner.cart_id), marked], args)
    return from_fields(owner.cart_id, reply) if reply else None
