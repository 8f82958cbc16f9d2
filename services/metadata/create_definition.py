"""Define a key of metadata."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models import MetadataDefinition
from models.enums import MetadataOwner, MetadataType, MetadataVisibility
from services.audit.record import record
from services.metadata.rules import MOST_DEFINITIONS, key_problem
from services.shared.asked import Asked, check_fields
from services.shared.errors import InvalidInput
from services.shared.idempotency import Request, do_once
from services.shared.texts import text_problem

LONGEST_DESCRIPTION = 500


@dataclass(frozen=True, slots=True)
class NewDefinition:
    owner: MetadataOwner
    key: str
    type: MetadataType
    visibility: MetadataVisibility
    description: str = ""


async def create_definition(infra: Infra, wish: NewDefinition, asked: Asked) -> UUID:
    """Returns the definition's id. Errors: InvalidInput, also for a key that is defined; IdempotencyConflict,
    TryAgain."""
    check_fields(key=key_problem(wish.key), description=text_problem(wish.description, LONGEST_DESCRIPTION))
    parts = (wish.owner, wish.key, wish.type, wish.visibility, wish.description)
    request, id_ = Request.of(asked.by, "createMetadataDefinition", asked.key, *parts), new_id()

    async def work(session: AsyncSession) -> None:
        there = select(func.count()).select_from(MetadataDefinition).where(MetadataDefinition.owner == wish.owner)
        if (await session.scalar(there.where(MetadataDefinition.deleted_at.is_(None))) or 0) >= MOST_DEFINITIONS:
            raise InvalidInput.at("owner", message=f"there are at most {MOST_DEFINITIONS} of each")
        row = MetadataDefinition(
            id=id_,
            owner=wish.owner,
            key=wish.key,
            type=wish.type,
            visibility=wish.visibility,
            description=wish.description,
            version=1,
            created_at=infra.now(),
        )
        session.add(row)
        record(session, "metadata.defined", now=infra.now(), subject=id_, actor=asked.by)

    try:
        return await do_once(infra, request, id_, work)
    except IntegrityError:
        raise InvalidInput.at("key", message="is defined already") from None
