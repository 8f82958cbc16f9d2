"""Check what staff want a shipping zone to be, and put it in the form in which it is kept."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from models.charges_rules import OTHERS, PostcodeRange, RatePrice, RateStep, ShippingRate, ZonePlace
from models.enums import ShippingBasis
from services.money.amounts import MoneyError, to_minor
from services.shared.country_rules import COUNTRIES, comparable_code, rules_of, state_of
from services.shared.errors import FieldProblem, InvalidInput
from services.shared.texts import line_problem

_CODE: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)
_MOST_COUNTED: Final = 10**9
_MOST_POSTCODE: Final = 12
MOST_PLACES: Final = 300
MOST_STATES: Final = 100
MOST_POSTCODES: Final = 300
MOST_RATES: Final = 20
MOST_PRICES: Final = 30
MOST_STEPS: Final = 30
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlaceDraft:
    """``country`` ``*`` is all others; ``postcodes`` are first and last, of one code the last is None."""

    country: str
    states: tuple[str, ...] = ()
    postcodes: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class StepDraft:
    price: Decimal
    up_to: Decimal | None = None


@dataclass(frozen=True, slots=True)
class RatePriceDraft:
    currency: str
    steps: tuple[StepDraft, ...]
    free_from: Decimal | None = None


@dataclass(frozen=True, slots=True)
class RateDraft:
    code: str
    name: str
    basis: ShippingBasis
    prices: tuple[RatePriceDraft, ...]


@dataclass(frozen=True, slots=True)
class ZoneDraft:
    """None leaves a part of a zone that is there as it is."""

    name: str | None
    places: tuple[PlaceDraft, ...] | None
    rates: tuple[RateDraft, ...] | None


@dataclass(frozen=True, slots=True)
class CheckedZone:
    name: str | None
    places: tuple[ZonePlace, ...] | None
    rates: tuple[ShippingRate, ...] | None


def check_zone(draft: ZoneDraft) -> CheckedZone:
    """Errors: InvalidInput naming every field at fault."""
    look = _Look()
    if draft.name is not None and (problem := line_problem(draft.name, 100, required=True)):
        look.note(problem, "name")
    places = None if draft.places is None else tuple(look.places(draft.places))
    rates = None if draft.rates is None else tuple(look.rates(draft.rates))
    if look.problems:
        raise InvalidInput(look.problems)
    return CheckedZone(None if draft.name is None else draft.name.strip(), places, rates)


@dataclass(slots=True)
class _Look:
    """Notes what is wrong on the way."""

    problems: list[FieldProblem] = field(default_factory=list)

    def note(self, message: str, *path: str) -> None:
        self.problems.append(FieldProblem(("input", *path), message))

    def count(self, given: Sequence[object], most: int, *path: str, least: int = 1) -> bool:
        if least <= len(given) <= most:
            return True
        self.note(f"must have {least} to {most} entries", *path)
        return False

    def places(self, drafts: Sequence[PlaceDraft]) -> Iterator[ZonePlace]:
        if self.count(drafts, MOST_PLACES, "places"):
            for place, draft in enumerate(drafts):
                yield self._place(draft, ("places", str(place)))

    def _place(self, draft: PlaceDraft, at: Path) -> ZonePlace:
        country = draft.country
        if country == OTHERS and (draft.states or draft.postcodes):
            self.note("has no states and no postcodes", *at, "countryCode")
        elif country != OTHERS and country not in COUNTRIES:
            self.note("must be an ISO 3166-1 country code such as DE, or * for all others", *at, "countryCode")
            return ZonePlace(country)
        states: list[str] = []
        if self.count(draft.states, MOST_STATES, *at, "states", least=0):
            states = [self._state(country, one, (*at, "states", str(i))) for i, one in enumerate(draft.states)]
        ranges: list[PostcodeRange] = []
        if self.count(draft.postcodes, MOST_POSTCODES, *at, "postcodes", least=0):
            ranges = [self._range(one, (*at, "postcodes", str(i))) for i, one in enumerate(draft.postcodes)]
        return ZonePlace(country, tuple(sorted(set(states))), tuple(ranges))

    def _state(self, country: str, given: str, at: Path) -> str:
        problem = line_problem(given, 100, required=True)
        if not problem and country in COUNTRIES:
            problem = rules_of(country).region_problem(given)
        if problem:
            self.note(problem, *at)
            return ""
        return state_of(country, given) if country in COUNTRIES else given

    def _range(self, given: tuple[str, str | None], at: Path) -> PostcodeRange:
        first, last = (comparable_code((text or "")[:50]) for text in (given[0], given[1] or given[0]))
        if not 1 <= len(first) <= _MOST_POSTCODE:
            self.note(f"must have 1 to {_MOST_POSTCODE} letters and digits", *at, "first")
        elif len(last) != len(first) or last < first:
            self.note("must not be before the first, and be as long", *at, "last")
        return PostcodeRange(first, last)

    def rates(self, drafts: Sequence[RateDraft]) -> Iterator[ShippingRate]:
        if not self.count(drafts, MOST_RATES, "rates"):
            return
        seen: set[str] = set()
        for place, draft in enumerate(drafts):
            at = ("rates", str(place))
            if not _CODE.fullmatch(draft.code):
                self.note("must have 1 to 40 small letters, digits, - or _", *at, "code")
            elif draft.code in seen:
                self.note("stands twice in this zone", *at, "code")
            seen.add(draft.code)
            if problem := line_problem(draft.name, 100, required=True):
                self.note(problem, *at, "name")
            prices = tuple(self._prices(draft, at))
            yield ShippingRate(draft.code, draft.name.strip(), draft.basis, prices)

    def _prices(self, rate: RateDraft, at: Path) -> Iterator[RatePrice]:
        if not self.count(rate.prices, MOST_PRICES, *at, "prices"):
            return
        seen: set[str] = set()
        for place, draft in enumerate(rate.prices):
            here = (*at, "prices", str(place))
            if draft.currency in seen:
                self.note("stands twice in this rate", *here, "currencyCode")
            seen.add(draft.currency)
            free_from = None if draft.free_from is None else self._money(draft, draft.free_from, *here, "freeFrom")
            yield RatePrice(draft.currency, tuple(self._steps(rate.basis, draft, here)), free_from)

    def _steps(self, basis: ShippingBasis, price: RatePriceDraft, at: Path) -> Iterator[RateStep]:
        if not self.count(price.steps, 1 if basis is ShippingBasis.FLAT else MOST_STEPS, *at, "steps"):
            return
        before = 0
        for place, draft in enumerate(price.steps):
            here = (*at, "steps", str(place))
            amount = self._money(price, draft.price, *here, "price")
            up_to = None if draft.up_to is None else self._counted(basis, price, draft.up_to, *here, "upTo")
            if draft.up_to is None and place + 1 < len(price.steps):
                self.note("is needed but for the last", *here, "upTo")
            elif up_to is not None and up_to <= before:
                self.note("must be above 0, and above that of the step before", *here, "upTo")
            before = up_to or before
            yield RateStep(amount, up_to)

    def _counted(self, basis: ShippingBasis, price: RatePriceDraft, given: Decimal, *path: str) -> int:
        if basis is ShippingBasis.PRICE:
            return self._money(price, given, *path)
        is_whole = given.is_finite() and 0 < given <= _MOST_COUNTED and given == int(given)
        if basis is ShippingBasis.FLAT:
            self.note("is not for a flat rate", *path)
        elif not is_whole:
            self.note(f"must be a whole number, 1 to {_MOST_COUNTED}", *path)
        return int(given) if is_whole else _MOST_COUNTED

    def _money(self, price: RatePriceDraft, given: Decimal, *path: str) -> int:
        try:
            return to_minor(given, price.currency)
        except MoneyError as error:
            is_code = "ISO" in str(error)
            self.note(
                str(error), *(path[: path.index("prices") + 2] if is_code else path), *["currencyCode"] * is_code
            )
            return 0
