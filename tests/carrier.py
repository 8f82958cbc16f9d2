"""The carrier that the example of a charges service (examples/charges_service) speaks to."""

import asyncio
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


@dataclass(slots=True)
class CarrierServer:
    """``mood`` says how it answers: well, not at all, wrongly, or with an error."""

    mood: str = "well"
    asked: list[dict[str, str]] = field(default_factory=list)
    app: Starlette = field(init=False)

    def __post_init__(self) -> None:
        self.app = Starlette(routes=[Route("/rates", self.rates), Route("/taxes", self.taxes)])

    async def rates(self, request: Request) -> Response:
        price = int(request.query_params["grams"]) + 300
        return await self._answer(request, [{"code": "van", "name": "Van", "price": price}], [{"code": "van"}])

    async def taxes(self, request: Request) -> Response:
        told = {"percent": {"standard": 21, "reduced": 9}, "included": False}
        return await self._answer(request, told, {"percent": {"standard": -1}, "included": False})

    async def _answer(self, request: Request, well: object, wrong: object) -> Response:
        self.asked.append(dict(request.query_params))
        if self.mood == "late":
            await asyncio.sleep(30)
        if self.mood == "down":
            return Response(status_code=503)
        return JSONResponse(wrong if self.mood == "wrong" else well)
