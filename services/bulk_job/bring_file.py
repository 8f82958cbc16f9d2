"""Do an import: what is brought in, and that the job is done, are one transaction."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import WORKERS_PATIENCE
from infra.runtime import Infra
from models.enums import JobKind, JobState
from services.bulk_job.rows import Ended, Run, end_job
from services.bulk_job.rules import part_name
from services.catalog.import_products import ImportRefused, ImportReport, import_products
from services.catalog.shopify.check_shopify_csv import Opener, check_shopify_csv
from services.catalog.shopify.rows import RowProblem
from services.metadata.views import definitions
from services.money.charging import charging_of
from services.stock.import_inventory import InventoryReport, import_inventory
from services.stock.inventory_file import read_inventory

_GONE: Final = "The file is not where the worker looks for files: is it another folder than the API's?"


async def bring_file(infra: Infra, run: Run) -> None:
    """Import the file of a job. Errors: Overtaken, StoreUnavailable."""
    try:
        async with _file_of(infra, run) as opened:
            if run.job.kind == JobKind.PRODUCT_IMPORT:
                await _import_products(infra, run, opened)
            else:
                await _import_stock(infra, run, opened)
    except ImportRefused as refused:
        ended = Ended(JobState.FAILED, problems=_shown(refused.problems))
        run.is_writing = False
        await infra.database.transact(
            lambda session: end_job(session, run, ended, infra.now()), timeout=WORKERS_PATIENCE
        )


async def _import_products(infra: Infra, run: Run, opened: Opener) -> None:
    """Errors: ImportRefused, Overtaken, StoreUnavailable."""
    options = run.job.options
    given = (options["currency"], charging_of(infra.settings), await definitions(infra))
    parsed = await asyncio.to_thread(check_shopify_csv, opened, *given)
    run.note(0, parsed.total)

    async def seal(session: AsyncSession, report: ImportReport) -> None:
        counts = {
            "created": report.created,
            "updated": report.updated,
            "unchanged": report.unchanged,
            "left_out": len(report.left_out),
        }
        left = [(line, "", why) for line, why in sorted(report.left_out.items()) if why]
        await end_job(session, run, Ended(JobState.DONE, counts, left), infra.now())

    run.is_writing = True
    await import_products(
        infra, parsed, run.job.actor, run.note, free=options["free"], skip_bad=options["skip_bad"], seal=seal
    )


async def _import_stock(infra: Infra, run: Run, opened: Opener) -> None:
    """Errors: ImportRefused, Overtaken, StoreUnavailable."""
    inventory = await asyncio.to_thread(read_inventory, opened)

    async def seal(session: AsyncSession, report: InventoryReport) -> None:
        counts = {"created": 0, "updated": report.changed, "unchanged": report.unchanged, "left_out": 0}
        await end_job(session, run, Ended(JobState.DONE, counts), infra.now())

    run.is_writing = True
    await import_inventory(infra, inventory, run.job.actor, run.job.options["warehouses"], run.note, seal=seal)


@asynccontextmanager
async def _file_of(infra: Infra, run: Run) -> AsyncIterator[Opener]:
    """On this machine's disk, as it is read several times. Errors: ImportRefused, StoreUnavailable."""
    with TemporaryDirectory(prefix="rushcart-job-") as folder:
        path = Path(folder) / "file.csv"
        with path.open("wb") as file:
            for part in range(run.job.parts_in):
                name = part_name(run.job.file_key, "in", part)
                size = await infra.blobs.size(name)
                if size is None:
                    raise ImportRefused([RowProblem(0, "", _GONE)])
                async for piece in infra.blobs.read(name, 0, size):
                    file.write(piece)
        # Bytes that are not UTF-8 become surrogates, so that the parser can name the cell they are in.
        yield lambda: path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")


def _shown(problems: Sequence[RowProblem]) -> list[tuple[int, str, str]]:
    return [(problem.line, problem.column, problem.message) for problem in problems]
