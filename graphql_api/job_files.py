"""``/jobs/ID``: the file of an export, for whoever has a link that was signed for it and is good still."""

from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from graphql_api.runtime import Runtime
from infra.errors import StoreUnavailable
from infra.runtime import Infra
from services.bulk_job.find_file import ExportedFile, find_file
from services.bulk_job.rules import PATH
from services.bulk_job.start_job import CONTENT_TYPE

log = structlog.get_logger(__name__)
_HEADERS: Final = {
    "cache-control": "private, no-store",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "referrer-policy": "no-referrer",
}


def route(runtime: Runtime) -> Route:
    async def job_file(request: Request) -> Response:
        infra = runtime.running.infra
        asked = request.query_params
        try:
            job_id = UUID(hex=request.path_params["id"])
            found = await find_file(infra, job_id, asked.get("expires", ""), asked.get("signature", ""))
        except ValueError:
            found = None
        except StoreUnavailable as error:
            log.warning("store.unavailable", store=error.store)
            raise HTTPException(503, headers={"retry-after": "1"}) from error
        if found is None:
            raise HTTPException(404)
        name = f"{found.name}.csv"
        headers = {"content-length": str(found.size), "content-disposition": f'attachment; filename="{name}"'}
        headers |= _HEADERS | {"content-type": CONTENT_TYPE}
        if request.method == "HEAD":
            return Response(headers=headers)
        return StreamingResponse(_pieces(infra, found), headers=headers)

    return Route(PATH + "/{id}", job_file)


async def _pieces(infra: Infra, found: ExportedFile) -> AsyncIterator[bytes]:
    left = found.size
    for part in found.parts:
        size = min(left, found.part_size)
        async for piece in infra.blobs.read(part, 0, size):
            yield piece
        left -= size
