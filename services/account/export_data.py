"""A copy of all that is stored about one person, as JSON: a record of named lists, times in RFC 3339, money as
decimal strings."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import and_, or_, select

from infra.runtime import Infra
from models import AuditEntry, Identity, RefreshSession, User
from models.address_document import AddressDoc
from models.enums import MetadataOwner
from models.metadata_document import Meta
from models.order_document import OrderView
from services.address.find_addresses import find_addresses
from services.audit.owner_view import owner_view
from services.cart.change_cart import read_cart
from services.cart.rules import Owner
from services.metadata.views import definitions, values_of
from services.money.amounts import to_decimal
from services.order.list_orders import list_orders
from services.shared.errors import NotFound
from services.shared.pages import IdPage

_PAGE = 100


async def export_data(infra: Infra, user_id: UUID, *, pretty: bool = False) -> str:
    """Errors: NotFound, StoreUnavailable."""
    content = {
        "exportedAt": infra.now(),
        "profile": await _profile(infra, user_id),
        "addresses": await _addresses(infra, user_id),
        **await _sign_ins(infra, user_id),
        "orders": [_order(view) for view in await _orders(infra, user_id)],
        "cart": await _cart(infra, user_id),
        "securityEvents": await _security_events(infra, user_id),
    }
    option = orjson.OPT_UTC_Z | (orjson.OPT_INDENT_2 if pretty else 0)
    return orjson.dumps(content, option=option).decode()


async def _profile(infra: Infra, user_id: UUID) -> dict[str, Any]:
    async with infra.database.read() as session:
        user = await session.scalar(select(User).where(User.id == user_id, User.closed_at.is_(None)))
    if user is None:
        raise NotFound("There is no such account.")
    return {
        "id": user.id,
        "email": user.mailbox,
        "emailVerifiedAt": user.email_verified_at,
        "displayName": user.display_name,
        "locale": user.locale,
        "roles": user.roles,
        "createdAt": user.created_at,
        "lockedAt": user.locked_at,
        "metadata": await _metadata(infra, user.meta),
    }


async def _metadata(infra: Infra, meta: Meta | None) -> dict[str, str]:
    if not meta:
        return {}
    known = await definitions(infra)
    return {one.key: value for one, value in values_of(meta, known, MetadataOwner.CUSTOMER)}


async def _addresses(infra: Infra, user_id: UUID) -> list[dict[str, Any]]:
    found = await find_addresses(infra, [user_id])
    return [_address(entry) for entry in found.get(user_id, [])]


def _address(entry: AddressDoc) -> dict[str, Any]:
    return {**entry.to_json(), "id": entry.id}


async def _sign_ins(infra: Infra, user_id: UUID) -> dict[str, Any]:
    used = ("id", "device", "ip", "created_at", "last_used_at", "expires_at", "revoked_at", "revoked_reason")
    linked = ("provider", "issuer", "subject", "created_at")
    async with infra.database.read() as session:
        sessions = await session.scalars(
            select(RefreshSession).where(RefreshSession.user_id == user_id).order_by(RefreshSession.id)
        )
        identities = await session.scalars(
            select(Identity).where(Identity.user_id == user_id).order_by(Identity.id)
        )
        return {
            "sessions": [_pick(row, used) for row in sessions],
            "identities": [_pick(row, linked) for row in identities],
        }


async def _cart(infra: Infra, user_id: UUID) -> list[dict[str, Any]]:
    cart = await read_cart(infra, Owner.customer(user_id))
    used = ("sku", "title", "quantity", "added_at")
    return [_pick(line, used) for line in cart.lines] if cart else []


async def _orders(infra: Infra, user_id: UUID) -> list[OrderView]:
    """Read the orders, newest first, in pages, so that no one read takes long."""
    found: list[OrderView] = []
    while True:
        page = await list_orders(infra, user_id, IdPage(_PAGE, after=found[-1].id if found else None))
        found += page.rows
        if not page.has_next:
            return found


async def _security_events(infra: Infra, user_id: UUID) -> list[dict[str, Any]]:
    """Returns what happened to this account; what its owner did to others' is theirs."""
    own = or_(
        AuditEntry.subject == user_id.hex, and_(AuditEntry.actor == user_id.hex, AuditEntry.subject.is_(None))
    )
    names = ("at", "action", "outcome", "ip", "device", "details")
    found: list[dict[str, Any]] = []
    last: UUID | None = None
    while True:
        query = select(AuditEntry).where(own).order_by(AuditEntry.id).limit(_PAGE)
        async with infra.database.read() as session:
            rows = list(await session.scalars(query if last is None else query.where(AuditEntry.id > last)))
        found += [_pick(owner_view(row), names) for row in rows]
        if len(rows) < _PAGE:
            return found
        last = rows[-1].id


def _pick(row: object, names: Iterable[str]) -> dict[str, Any]:
    return {_camel(name): getattr(row, name) for name in names}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def _order(view: OrderView) -> dict[str, Any]:
    address = view.shipping_address
    return {
        "id": view.id,
        "number": view.number,
        "status": view.status,
        "placedAt": view.placed_at,
        "expiresAt": view.expires_at,
        "total": _money(view.total, view.currency),
        "shippingAddress": None if address is None else _address(address),
        "lines": [
            {
                "sku": line.sku,
                "title": line.title,
                "quantity": line.quantity,
                "unitPrice": _money(line.unit_price, view.currency),
            }
            for line in view.lines
        ],
        "history": [
            {"at": event.at, "status": event.status, "note": event.note}
            for event in view.history
            if not event.internal
        ],
    }


def _money(minor_units: int, currency: str) -> dict[str, str]:
    return {"amount": f"{to_decimal(minor_units, currency):f}", "currencyCode": currency}
