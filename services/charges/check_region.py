"""Check what staff want a tax region to be, and put it in the form in which it is kept."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from models.charges_rules import OTHERS, STANDARD
from models.enums import HalfRounding, TaxRounding
from services.shared.country_rules import COUNTRIES, rules_of, state_of
from services.shared.errors import FieldProblem, InvalidInput
from services.shared.pricing import WHOLE
from services.shared.texts import line_problem, tax_class_problem

MOST_CLASSES: Final = 50


@dataclass(frozen=True, slots=True)
class RegionDraft:
    """``rates``: per cent by class. None leaves a part of a region that is there as it is."""

    rates: tuple[tuple[str, Decimal], ...] | None = None
    inclusive: bool | None = None
    on_shipping: bool | None = None
    rounding: TaxRounding | None = None
    half: HalfRounding | None = None


def check_region(draft: RegionDraft) -> dict[str, int] | None:
    """Returns the rates in millionths. Errors: InvalidInput naming every field at fault."""
    if draft.rates is None:
        return None
    if problems := list(_rate_problems(draft.rates)):
        raise InvalidInput(problems)
    return {name: int(percent * WHOLE) // 100 for name, percent in draft.rates}


def check_area(country: str, state: str | None) -> tuple[str, str]:
    """Returns the country and the state as they are kept. Errors: InvalidInput."""
    if country == OTHERS:
        if state:
            raise InvalidInput.at("state", message="is not for all other countries")
        return OTHERS, ""
    if country not in COUNTRIES:
        message = "must be an ISO 3166-1 country code such as DE, or * for all others"
        raise InvalidInput.at("countryCode", message=message)
    if not state:
        return country, ""
    if problem := line_problem(state, 100, required=True) or rules_of(country).region_problem(state):
        raise InvalidInput.at("state", message=problem)
    return country, state_of(country, state)


def _rate_problems(rates: tuple[tuple[str, Decimal], ...]) -> Iterator[FieldProblem]:
    if not 1 <= len(rates) <= MOST_CLASSES:
        yield FieldProblem(("input", "rates"), f"must have 1 to {MOST_CLASSES} entries")
        return
    seen: set[str] = set()
    for place, (name, percent) in enumerate(rates):
        at = ("input", "rates", str(place))
        if problem := tax_class_problem(name) or ("must not be empty" if not name else None):
            yield FieldProblem((*at, "taxClass"), problem)
        elif name in seen:
            yield FieldProblem((*at, "taxClass"), "stands twice in this region")
        seen.add(name)
        if not _is_percent(percent):
            yield FieldProblem((*at, "percent"), "must be 0 to 100, with at most 4 decimals")
    if STANDARD not in seen:
        yield FieldProblem(("input", "rates"), f"must have one of the class {STANDARD}")


def _is_percent(percent: Decimal) -> bool:
    if not percent.is_finite() or not 0 <= percent <= 100:
        return False
    exponent = percent.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -4
