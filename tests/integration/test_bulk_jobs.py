"""Imports and exports as jobs: whoever dies, is overtaken or cancelled, all is written once or nothing is."""

import asyncio
import io
import os
import sys
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from chaos.environment import variables
from infra.ids import new_id
from infra.runtime import Infra
from models import BulkJob, OrderStatus, Product, ProductStatus, StockEntry
from models.enums import JobKind, JobState
from services.bulk_job.bring_file import bring_file
from services.bulk_job.cancel_job import cancel_job
from services.bulk_job.find_file import find_file
from services.bulk_job.rows import Overtaken, take_job
from services.bulk_job.rules import FILES_KEPT, JOBS_KEPT, LINK, MOST_OPEN, link_to
from services.bulk_job.run_job import run_job
from services.bulk_job.start_job import JobWish, start_job
from services.bulk_job.tidy_jobs import tidy_jobs
from services.bulk_job.views import JobView, list_jobs, require_job
from services.bulk_job.write_file import filter_of, options_of
from services.catalog.export_products import export_products
from services.media.rules import Upload
from services.order.order_filter import OrderFilter, Totals
from services.shared.asked import Asked
from services.shared.errors import IdempotencyConflict, InvalidInput, TryAgain
from services.shared.pages import IdPage
from tests.integration.catalog.products import statements
from tests.modes import ONE_MODE

STAFF = new_id()
KINDS = tuple(JobKind)
HEADING = "Handle,Title,Variant SKU,Variant Price,Variant Inventory Qty\n"
FILE = HEADING + "".join(f"p-{n},P {n},SKU-{n},9.90,3\n" for n in range(60))
HELD = """
import asyncio
from infra.runtime import open_infra
from services.bulk_job.run_job import run_job
from services.catalog import import_products
from settings import Settings

async def hold(*_):
    print("in the middle", flush=True)
    await asyncio.Event().wait()

async def main():
    import_products.write_index = hold
    async with open_infra(Settings()) as infra:
        await run_job(infra)

asyncio.run(main())
"""


def asked(key: str = "key") -> Asked:
    return Asked(STAFF, key, f"user:{STAFF.hex}")


async def import_of(infra: Infra, text: str = FILE, key: str = "key", **options: Any) -> JobView:
    file = text.encode()
    wish = {"currency": "EUR", "skip_bad": False, "free": False} | options
    return await start_job(
        infra, JobWish(JobKind.PRODUCT_IMPORT, wish, Upload(io.BytesIO(file), len(file))), asked(key)
    )


async def now(infra: Infra, job: JobView) -> BulkJob:
    return (await require_job(infra, job.id, KINDS)).row


async def written(infra: Infra) -> tuple[int, int]:
    """Products, and rows of the ledger."""
    async with infra.database.read() as session:
        counts = [
            await session.scalar(select(func.count()).select_from(row)) or 0 for row in (Product, StockEntry)
        ]
    return counts[0], counts[1]


async def change(infra: Infra, job_id: UUID, **values: Any) -> None:
    async with infra.database.write() as session:
        await session.execute(update(BulkJob).where(BulkJob.id == job_id).values(values))


async def test_a_worker_is_killed_in_the_middle_and_another_goes_on(infra: Infra) -> None:
    job = await import_of(infra)
    assert (await import_of(infra)).id == job.id
    with pytest.raises(IdempotencyConflict):
        await import_of(infra, skip_bad=True)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", HELD), env=os.environ | variables(infra.settings), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    async for line in process.stdout:
        if line == b"in the middle\n":
            break
    process.kill()
    await process.wait()
    row = await now(infra, job)
    assert (row.state, row.runs, await written(infra)) == (JobState.RUNNING, 1, (0, 0))
    await change(infra, job.id, due_at=infra.now() + timedelta(hours=1))
    assert await run_job(infra) == 0  # until the lease of the dead is over
    await change(infra, job.id, due_at=infra.now())
    assert await run_job(infra) == 1
    row = await now(infra, job)
    counts = {"created": 60, "updated": 0, "unchanged": 0, "left_out": 0}
    assert (row.state, row.runs, row.report, row.done, row.total) == (JobState.DONE, 2, counts, 60, 60)
    assert (await written(infra), await run_job(infra)) == ((60, 60), 0)
    assert (await import_of(infra)).row.state == JobState.DONE


async def test_who_was_overtaken_or_cancelled_writes_nothing(
    infra: Infra, monkeypatch: pytest.MonkeyPatch
) -> None:
    await import_of(infra)
    run = await infra.database.transact(lambda session: take_job(session, infra.now()))
    assert run is not None
    await change(infra, run.job.id, due_at=infra.now())
    other = await infra.database.transact(lambda session: take_job(session, infra.now()))
    assert other is not None
    assert (run.number, other.number) == (1, 2)
    with pytest.raises(Overtaken):
        await bring_file(infra, run)
    assert await written(infra) == (0, 0)
    await cancel_job(infra, run.job.id, KINDS, STAFF)
    with pytest.raises(Overtaken):
        await bring_file(infra, other)
    assert (await written(infra), await run_job(infra)) == ((0, 0), 0)

    held = asyncio.Event()

    async def hold(*_: object) -> None:
        held.set()
        await asyncio.Event().wait()

    monkeypatch.setattr("services.catalog.import_products.write_index", hold)
    job = await import_of(infra, key="other")
    stopped = asyncio.create_task(run_job(infra))
    await held.wait()
    stopped.cancel()
    await asyncio.wait({stopped})
    held.clear()
    running = asyncio.create_task(run_job(infra))  # at once: it was let go
    await held.wait()
    with suppress(TryAgain):  # SQLite has one writer
        await cancel_job(infra, job.id, KINDS, STAFF)
    assert await running == 1
    assert ((await now(infra, job)).state, await written(infra)) == (JobState.CANCELLED, (0, 0))


@ONE_MODE
async def test_what_is_wrong_with_a_file_is_said_by_row(infra: Infra) -> None:
    bad = HEADING + "a,A,SKU-A,9.90,1\nb,B,SKU-B,cheap,1\n"
    refused, kept = await import_of(infra, bad), await import_of(infra, bad, "skip", skip_bad=True)
    assert await run_job(infra) == await run_job(infra) == 1
    row = await now(infra, refused)
    assert (row.state, row.problem_count) == (JobState.FAILED, 1)
    assert row.problems is not None
    assert row.problems[0][:2] == [3, "Variant Price"]
    row = await now(infra, kept)
    assert (row.state, row.problem_count, await written(infra)) == (JobState.DONE, 1, (1, 1))
    stock = b"Handle,SKU,Location,On hand\na,SKU-A,Main,7\na,SKU-A,Moon,7\n"
    wish = JobWish(JobKind.STOCK_IMPORT, {"warehouses": {"Main": "MAIN"}}, Upload(io.BytesIO(stock), len(stock)))
    job = await start_job(infra, wish, asked("stock"))
    await run_job(infra)
    row = await now(infra, job)
    assert row.problems is not None
    assert (row.state, row.problems[0][:2]) == (JobState.FAILED, [3, "Location"])
    with pytest.raises(InvalidInput):
        await import_of(infra, "", "empty")


@ONE_MODE
async def test_an_export_is_kept_in_parts_for_a_while(infra: Infra, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("write_file", "find_file"):
        monkeypatch.setattr(f"services.bulk_job.{module}.PART", 1_500)
    await import_of(infra)
    await run_job(infra)
    whole = io.StringIO()
    await export_products(infra, whole)
    wish = JobWish(JobKind.PRODUCT_EXPORT, {"statuses": list(ProductStatus)})
    job = await start_job(infra, wish, asked("export"))
    with statements(infra) as seen:
        await run_job(infra)
    # Without those that keep the job, of which there are more on a slow machine.
    assert len([one for one in seen if "bulk_jobs" not in one]) < 30
    row = await now(infra, job)
    assert (row.state, row.bytes_out, row.report) == (JobState.DONE, len(whole.getvalue()), {"exported": 60})
    assert row.parts_out > 2

    async def fetched(path: str, **given: str) -> bytes | None:
        asked_for = dict(pair.split("=") for pair in path.partition("?")[2].split("&")) | given
        found = await find_file(infra, job.id, asked_for["expires"], asked_for["signature"])
        if found is None:
            return None
        pieces = b""
        for part in found.parts:
            async for piece in infra.blobs.read(part, 0, await infra.blobs.size(part) or 0):
                pieces += piece
        return pieces

    link = link_to(job.id, row.file_key, infra.now())
    assert await fetched(link.path) == whole.getvalue().encode()
    assert await fetched(link.path, signature="0" * 64) is None
    assert await fetched(link.path, expires=str(int(link.expires_at.timestamp()) + 1)) is None
    assert await fetched(link.path, expires="²") is None
    old = link_to(job.id, row.file_key, infra.now() - LINK - timedelta(seconds=2))
    assert await fetched(old.path) is None
    assert await tidy_jobs(infra) == 0
    for one in await list_all(infra):
        await change(infra, one, files_until=infra.now() - timedelta(seconds=1))
    assert await tidy_jobs(infra) == 2
    assert await fetched(link.path) is None
    assert not list((infra.settings.home / "media").rglob("*-job.csv"))
    await change(infra, job.id, created_at=infra.now() - JOBS_KEPT - FILES_KEPT)
    assert await tidy_jobs(infra) == 0
    assert job.id not in await list_all(infra)


async def list_all(infra: Infra) -> list[UUID]:
    return [view.id for view in (await list_jobs(infra, KINDS, None, IdPage(100))).rows]


@ONE_MODE
async def test_so_many_at_once_and_no_more(infra: Infra) -> None:
    wanted = OrderFilter(
        statuses=(OrderStatus.PAID,), customer_id=new_id(), placed_from=infra.now(), totals=Totals("EUR", 1, None)
    )
    assert filter_of(options_of(wanted)) == wanted
    wish = JobWish(JobKind.ORDER_EXPORT, options_of(OrderFilter(tag="a")))
    jobs = [await start_job(infra, wish, asked(str(n))) for n in range(MOST_OPEN)]
    with pytest.raises(TryAgain):
        await start_job(infra, wish, asked("one more"))
    await change(infra, jobs[0].id, state=JobState.UPLOADING, created_at=infra.now() - timedelta(hours=2))
    await tidy_jobs(infra)
    assert (await now(infra, jobs[0])).state == JobState.CANCELLED
    await start_job(infra, wish, asked("one more"))
    await change(infra, jobs[1].id, runs=10, due_at=infra.now() - timedelta(days=1))
    assert await run_job(infra) == 1
    assert (await now(infra, jobs[1])).state == JobState.FAILED
