"""The list of documents, of a shop that runs no others."""

from collections.abc import Iterator

from sqlalchemy import func, select

from infra.runtime import Infra
from models import ListedDocument
from services.doctor.finding import Finding, good, wrong

_AREA = "documents"


async def check_documents(infra: Infra) -> list[Finding]:
    """Errors: StoreUnavailable."""
    if not infra.settings.persisted_only:
        return []
    async with infra.database.read() as session:
        count = await session.scalar(select(func.count()).select_from(ListedDocument)) or 0
    return list(_judge(count))


def _judge(count: int) -> Iterator[Finding]:
    if count:
        yield good(_AREA, f"{count:,} are on the list, no others are run")
    else:
        yield wrong(
            _AREA, "none is on the list, and no others are run",
            "Load what the clients' build lists with `rushcart documents load`, or unset RUSHCART_PERSISTED_ONLY.",
        )  # fmt: skip
