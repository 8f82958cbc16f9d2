"""Change who sees a key of metadata and what is said of it; delete it with its values."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import MetadataDefinition
from models.enums import MetadataVisibility
from models.metadata_document import DefinitionDoc, definition_doc
from services.audit.record import record
from services.metadata.create_definition import LONGEST_DESCRIPTION
from services.shared.asked import check_fields
from services.shared.errors import NotFound, StaleVersion
from services.shared.patience import or_try_again, transact_for_request
from services.shared.texts import text_problem


async def change_definition(
    infra: Infra,
    definition_id: UUID,
    version: int,
    by: UUID,
    *,
    visibility: MetadataVisibility | None = None,
    description: str | None = None,
) -> DefinitionDoc:
    """Change it, at once for everybody; None leaves a value as it is. Errors: InvalidInput, NotFound,
    StaleVersion, TryAgain."""
    check_fields(description=text_problem(description or "", LONGEST_DESCRIPTION))

    async def work(session: AsyncSession) -> DefinitionDoc:
        row = await _lock(session, definition_id, version)
        row.visibility = row.visibility if visibility is None else visibility
        row.description = row.description if description is None else description
        row.version += 1
        record(session, "metadata.changed", now=infra.now(), subject=definition_id, actor=by)
        return definition_doc(row)

    with or_try_again():
        return await transact_for_request(infra, work)


async def delete_definition(infra: Infra, definition_id: UUID, version: int, by: UUID) -> None:
    """Delete it: nobody sees its values from now on, and the worker takes them away (``forget_values``).

    Errors: NotFound, StaleVersion, TryAgain.
    """

    async def work(session: AsyncSession) -> None:
        row = await _lock(session, definition_id, version)
        row.deleted_at, row.version = infra.now(), row.version + 1
        row.key = f"-{definition_id.hex}"  # no key is like this: what it had is free
        record(session, "metadata.deleted", now=infra.now(), subject=definition_id, actor=by)

    with or_try_again():
        await transact_for_request(infra, work)


async def _lock(session: AsyncSession, definition_id: UUID, version: int) -> MetadataDefinition:
    row = await session.get(MetadataDefinition, definition_id, with_for_update=True, populate_existing=True)
    if row is None or row.deleted_at is not None:
        raise NotFound("There is no such definition.")
    if row.version != version:
        raise StaleVersion(row.version)
    return row
