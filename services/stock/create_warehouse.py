"""Open another warehouse."""

import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models import Warehouse
from services.shared.asked import Asked, check_fields
from services.shared.errors import InvalidInput, WarehouseCodeTaken
from services.shared.idempotency import Request, do_once
from services.shared.texts import line_problem

MOST_WAREHOUSES: Final = 200
MOST_PRIORITY: Final = 1_000_000
_CODE = re.compile(r"[A-Z0-9](?:[A-Z0-9_-]{0,30}[A-Z0-9])?", re.ASCII)


@dataclass(frozen=True, slots=True)
class WarehouseDraft:
    """Orders take from the lowest ``priority`` first."""

    code: str
    name: str
    priority: int


async def create_warehouse(infra: Infra, draft: WarehouseDraft, asked: Asked) -> UUID:
    """Create a warehouse, once a key; returns its id.

    Errors: InvalidInput, WarehouseCodeTaken, IdempotencyConflict, TryAgain.
    """
    check_warehouse(draft.code, draft.name, draft.priority)
    warehouse_id = new_id()

    async def work(session: AsyncSession) -> None:
        await require_free_code(session, draft.code)
        if (await session.scalar(select(func.count(Warehouse.id))) or 0) >= MOST_WAREHOUSES:
            raise InvalidInput.at("code", message=f"there are {MOST_WAREHOUSES} warehouses already")
        now = infra.now()
        session.add(
            Warehouse(
                id=warehouse_id,
                code=draft.code,
                name=draft.name.strip(),
                priority=draft.priority,
                active=True,
                version=1,
                created_at=now,
                updated_at=now,
            )
        )

    request = Request.of(asked.by, "createWarehouse", asked.key, draft.code, draft.name, draft.priority)
    return await do_once(infra, request, warehouse_id, work)


def check_warehouse(code: str | None, name: str | None, priority: int | None) -> None:
    """Check a warehouse's values; None: not given. Errors: InvalidInput."""
    is_code = code is None or _CODE.fullmatch(code)
    is_priority = priority is None or 0 <= priority <= MOST_PRIORITY
    check_fields(
        code=None if is_code else "must be 1 to 32 letters A to Z, digits, - and _, no - or _ at the ends",
        name=None if name is None else line_problem(name, 100, required=True),
        priority=None if is_priority else f"must be 0 to {MOST_PRIORITY}",
    )


async def require_free_code(session: AsyncSession, code: str, own: UUID | None = None) -> None:
    """Errors: WarehouseCodeTaken."""
    found = await session.scalar(select(Warehouse.id).where(Warehouse.code == code))
    if found not in (None, own):
        raise WarehouseCodeTaken(code)
