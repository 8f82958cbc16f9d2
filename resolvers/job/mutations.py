"""Imports and exports. For staff."""

from typing import Annotated, Final

import strawberry

from models.enums import JobKind, JobState, ProductStatus, Role
from resolvers.job.types import CancelJobResult, Job, JobConnection, JobEdge, StartJobResult
from resolvers.order.queries import OrderFilter, wanted_orders
from resolvers.shared.asked import asked_by
from resolvers.shared.context import Info
from resolvers.shared.mutation import mutation
from resolvers.shared.node import input_id
from resolvers.shared.permissions import signed_in
from resolvers.shared.relay import Page, edges_of, page_info, paged
from resolvers.shared.restricted import restricted
from resolvers.shared.words import IDEMPOTENCY_KEY
from services.bulk_job.cancel_job import cancel_job
from services.bulk_job.rules import SCOPES, kinds_for
from services.bulk_job.start_job import JobWish, start_job
from services.bulk_job.views import list_jobs
from services.bulk_job.write_file import options_of
from services.media.rules import Upload
from services.money.amounts import is_currency
from services.shared.errors import InvalidInput
from services.shared.texts import line_problem

_SORT: Final = "jobs"
_ANY: Final = tuple(dict.fromkeys(SCOPES.values()))
_MOST_WAREHOUSES: Final = 100
_LONGEST: Final = 200


@strawberry.input(description="A file of products.")
class StartProductImportInput:
    file: Upload = strawberry.field(description="A CSV as Shopify exports it, or WooCommerce.")
    currency_code: str = strawberry.field(description="ISO 4217: of its prices, where the file names none.")
    skip_bad: bool = strawberry.field(
        default=False, description="Leave products at fault out; else one of them is reason to import none."
    )
    free: bool = strawberry.field(
        default=False, description="New products of a file that has no prices cost nothing."
    )
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)


@strawberry.input(description="The warehouse of a location that is not called like it.")
class ImportWarehouseInput:
    location: str = strawberry.field(description="As the file has it.")
    code: str = strawberry.field(description="Of the warehouse.")


@strawberry.input(description="A file of what is on hand.")
class StartStockImportInput:
    file: Upload = strawberry.field(description="An inventory CSV as Shopify exports it.")
    warehouses: list[ImportWarehouseInput] = strawberry.field(
        default_factory=list, description=f"At most {_MOST_WAREHOUSES}."
    )
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)


@strawberry.input(description="Which products are to be in the file.")
class StartProductExportInput:
    status: list[ProductStatus] | None = strawberry.field(
        default=None, description="One of these; all when absent."
    )
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)


@strawberry.input(description="Which orders are to be in the file.")
class StartOrderExportInput:
    filter: OrderFilter | None = strawberry.field(default=None, description="Those that match; all when absent.")
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)


@strawberry.input(description="A job that is not to go on.")
class CancelJobInput:
    id: strawberry.ID = strawberry.field(description="Of the job.")


@strawberry.type
class JobQuery:
    @restricted(
        Role.STAFF, scope=_ANY, description="Imports and exports of the kinds that one may do, the newest first."
    )
    @paged
    async def jobs(
        self,
        info: Info,
        page: Page,
        kind: Annotated[list[JobKind] | None, strawberry.argument(description="One of these.")] = None,
        state: Annotated[list[JobState] | None, strawberry.argument(description="One of these.")] = None,
    ) -> JobConnection:
        kinds = kinds_for(info.context.viewer)
        wanted = kinds if kind is None else kinds.intersection(kind)
        cut = await list_jobs(info.context.infra, wanted, state, page.by_id(_SORT))
        edges = edges_of(JobEdge, cut, _SORT, Job.of)
        return JobConnection(edges=edges, page_info=page_info(cut, edges))


@strawberry.type
class JobMutation:
    @mutation(
        Role.STAFF,
        scope=SCOPES[JobKind.PRODUCT_IMPORT],
        description="Bring in products of a file: all rows or none. Products are matched by handle, variants by "
        "SKU, so a file can be brought in again.",
    )
    async def start_product_import(self, info: Info, input: StartProductImportInput) -> StartJobResult:
        if not is_currency(input.currency_code):
            raise InvalidInput.at("currencyCode", message="is not an ISO 4217 currency code")
        options = {"currency": input.currency_code, "skip_bad": input.skip_bad, "free": input.free}
        return await _start(info, JobWish(JobKind.PRODUCT_IMPORT, options, input.file), input.idempotency_key)

    @mutation(
        Role.STAFF,
        scope=SCOPES[JobKind.STOCK_IMPORT],
        description="Set what is on hand to what a file says, as by counting: all rows or none.",
    )
    async def start_stock_import(self, info: Info, input: StartStockImportInput) -> StartJobResult:
        if len(input.warehouses) > _MOST_WAREHOUSES:
            raise InvalidInput.at("warehouses", message=f"at most {_MOST_WAREHOUSES}")
        for place, one in enumerate(input.warehouses):
            for name, text in (("location", one.location), ("code", one.code)):
                if problem := line_problem(text, _LONGEST, required=True):
                    raise InvalidInput.at("warehouses", str(place), name, message=problem)
        options = {"warehouses": {one.location: one.code for one in input.warehouses}}
        return await _start(info, JobWish(JobKind.STOCK_IMPORT, options, input.file), input.idempotency_key)

    @mutation(
        Role.STAFF,
        scope=SCOPES[JobKind.PRODUCT_EXPORT],
        description="Write products to a file that a product import takes.",
    )
    async def start_product_export(self, info: Info, input: StartProductExportInput) -> StartJobResult:
        wanted = dict.fromkeys(ProductStatus if input.status is None else input.status)
        if not wanted:
            raise InvalidInput.at("status", message="must not be empty")
        options = {"statuses": [status.value for status in wanted]}
        return await _start(info, JobWish(JobKind.PRODUCT_EXPORT, options), input.idempotency_key)

    @mutation(
        Role.STAFF,
        scope=SCOPES[JobKind.ORDER_EXPORT],
        description="Write orders to a file, a row for each line, the oldest order first.",
    )
    async def start_order_export(self, info: Info, input: StartOrderExportInput) -> StartJobResult:
        wanted = await wanted_orders(info, input.filter)
        return await _start(info, JobWish(JobKind.ORDER_EXPORT, options_of(wanted)), input.idempotency_key)

    @mutation(
        Role.STAFF,
        scope=_ANY,
        description="Stop a job: nothing of an import is written, and an export has no file. One that has ended "
        "stays as it is.",
    )
    async def cancel_job(self, info: Info, input: CancelJobInput) -> CancelJobResult:
        job_id, viewer = input_id(input.id, "Job", "id"), signed_in(info)
        return Job.of(await cancel_job(info.context.infra, job_id, kinds_for(viewer), viewer.user_id))


async def _start(info: Info, wish: JobWish, key: str) -> Job:
    return Job.of(await start_job(info.context.infra, wish, asked_by(info, key)))
