"""Do an export: a file in parts, which is there when the job is done, or not at all."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TextIO
from uuid import UUID

from infra.database import WORKERS_PATIENCE
from infra.runtime import Infra
from models import OrderStatus, ProductStatus
from models.enums import JobKind, JobState
from services.bulk_job.rows import Ended, Run, end_job
from services.bulk_job.rules import PART, part_name
from services.bulk_job.start_job import CONTENT_TYPE
from services.catalog.export_products import PricesChanged, export_products
from services.order.export_orders import export_orders
from services.order.order_filter import OrderFilter, Totals


async def write_file(infra: Infra, run: Run) -> None:
    """Errors: Overtaken, StoreUnavailable."""
    with TemporaryDirectory(prefix="rushcart-job-") as folder:
        path = Path(folder) / "file.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            await _export(infra, run, stream)
        run.note(run.done, run.done)  # also of nothing
        parts = await _store(infra, run, path)
        ended = Ended(JobState.DONE, {"exported": run.done}, parts=parts, bytes=path.stat().st_size)
    await infra.database.transact(
        lambda session: end_job(session, run, ended, infra.now()), timeout=WORKERS_PATIENCE
    )


async def _export(infra: Infra, run: Run, stream: TextIO) -> None:
    options = run.job.options
    if run.job.kind == JobKind.ORDER_EXPORT:
        await export_orders(infra, stream, filter_of(options), run.note)
        return
    statuses = [ProductStatus(status) for status in options["statuses"]]
    while True:
        try:
            await export_products(infra, stream, statuses, run.note)
        except PricesChanged:  # its columns are others now
            stream.seek(0)
            stream.truncate()
        else:
            return


async def _store(infra: Infra, run: Run, path: Path) -> int:
    """Returns how many parts. The same run of the same job writes the same names again: no other part is left."""
    parts = 0
    with path.open("rb") as file:
        while part := file.read(PART):
            name = part_name(run.job.file_key, f"out:{run.number}", parts)
            await infra.blobs.put(name, part, CONTENT_TYPE, private=True)
            parts += 1
    return parts


def options_of(wanted: OrderFilter) -> dict[str, Any]:
    """Returns a filter as a job keeps it."""
    totals = wanted.totals
    moments = {
        name: None if at is None else at.isoformat()
        for name, at in (("placed_from", wanted.placed_from), ("placed_before", wanted.placed_before))
    }
    return {
        **moments,
        "statuses": None if wanted.statuses is None else list(wanted.statuses),
        "customer_id": None if wanted.customer_id is None else wanted.customer_id.hex,
        "number": wanted.number,
        "sku": wanted.sku,
        "email": wanted.email,
        "tag": wanted.tag,
        "totals": None if totals is None else [totals.currency, totals.least, totals.most],
        "metadata": [[[id_.hex, digest] for id_, digest in found] for found in wanted.metadata],
    }


def filter_of(options: Mapping[str, Any]) -> OrderFilter:
    """Read what ``options_of`` made."""
    placed_from, placed_before = (
        None if options[name] is None else datetime.fromisoformat(options[name])
        for name in ("placed_from", "placed_before")
    )
    statuses, customer, totals = options["statuses"], options["customer_id"], options["totals"]
    return OrderFilter(
        statuses=None if statuses is None else tuple(map(OrderStatus, statuses)),
        customer_id=None if customer is None else UUID(customer),
        number=options["number"],
        sku=options["sku"],
        placed_from=placed_from,
        placed_before=placed_before,
        email=options["email"],
        tag=options["tag"],
        totals=None if totals is None else Totals(*totals),
        metadata=tuple(tuple((UUID(id_), digest) for id_, digest in one) for one in options.get("metadata", ())),
    )
