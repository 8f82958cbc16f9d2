"""A carrier that says over HTTP what a parcel costs, and what is due where it goes."""

import os
from collections.abc import Collection, Sequence
from typing import Any

import httpx2

from services.charges.rules import Parcel, Place, ShippingOffer
from services.shared.pricing import Tax
from settings.errors import BadSetting


class Carrier:
    """What both have: where the carrier is. Called at the start of each process. Errors: BadSetting."""

    def __init__(self) -> None:
        self._url = os.environ.get("CARRIER_URL")
        if not self._url:
            raise BadSetting("CARRIER_URL: the carrier needs it")

    async def _ask(self, path: str, asked: dict[str, str | int]) -> Any:
        async with httpx2.AsyncClient() as client:  # Rushcart has a time limit, and the shop's own rules
            answer = await client.get(f"{self._url}/{path}", params=asked)
        answer.raise_for_status()
        return answer.json()


class CarrierRates(Carrier):
    async def offers(self, parcel: Parcel) -> Sequence[ShippingOffer]:
        asked = {"currency": parcel.currency, "grams": parcel.grams, "worth": parcel.worth, **_where(parcel.place)}
        told = await self._ask("rates", asked)
        return [ShippingOffer(one["code"], one["name"], one["price"]) for one in told]


class CarrierTaxes(Carrier):
    async def tax_for(self, place: Place, classes: Collection[str]) -> Tax:
        told = await self._ask("taxes", {"classes": ",".join(classes), **_where(place)})
        millionths = {name: round(percent * 10_000) for name, percent in told["percent"].items()}
        return Tax(millionths["standard"], inclusive=told["included"], classes=millionths)


def _where(place: Place) -> dict[str, str | int]:
    return {"country": place.country or "", "region": place.region, "postcode": place.postal_code}
