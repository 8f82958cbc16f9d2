"""Check a change of a product against its rows: every problem at once, each with its path. Pure."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Final

from models import Variant
from services.catalog import rules
from services.catalog.check_prices import amount_problems, charge_problems
from services.catalog.check_product import tags_problems
from services.catalog.product_draft import Keep, ProductChange, VariantChange
from services.catalog.stored_product import StoredProduct
from services.catalog.text_field import TEXT_FIELDS, TITLE
from services.money.charging import Charging
from services.shared.errors import FieldProblem

_MISSING: Final = "must not be null"
Check = Callable[[str], str | None]


def check_change(change: ProductChange, stored: StoredProduct, charging: Charging) -> Iterator[FieldProblem]:
    """Yields what is wrong with a change, at ``input.<name>``, as updateProduct's input has them."""
    for field in TEXT_FIELDS:
        value = getattr(change, field.name)
        if value is not None or not field.may_be_null:
            yield from _text_problems(value, field.problem, *field.path)
        if field is TITLE:
            yield from _text_problems(change.slug, rules.slug_problem, "slug")
    if change.status is None:
        yield FieldProblem(("input", "status"), _MISSING)
    if change.tags is None:
        yield FieldProblem(("input", "tags"), _MISSING)
    elif not isinstance(change.tags, Keep):
        yield from tags_problems(change.tags)
    yield from _variants_problems(change, stored, charging)


def _text_problems(value: str | Keep | None, check: Check, *path: str) -> Iterator[FieldProblem]:
    if value is None:
        yield FieldProblem(("input", *path), _MISSING)
    elif not isinstance(value, Keep) and (problem := check(value)):
        yield FieldProblem(("input", *path), problem)


def _variants_problems(change: ProductChange, stored: StoredProduct, charging: Charging) -> Iterator[FieldProblem]:
    if len(change.variants) > rules.MOST_VARIANTS:
        yield FieldProblem(("input", "variants"), f"at most {rules.MOST_VARIANTS}")
        return
    known = {variant.id: variant for variant in stored.variants}
    seen = set()
    for place, wanted in enumerate(change.variants):
        at = ("input", "variants", str(place))
        variant = known.get(wanted.variant_id)
        if variant is None:
            yield FieldProblem((*at, "id"), "there is no such variant of this product")
        elif variant.id in seen:
            yield FieldProblem((*at, "id"), "stands there twice")
        else:
            yield from _variant_problems(wanted, variant, charging, *at)
        seen.add(wanted.variant_id)
    yield from _options_problems(change, stored)


def _variant_problems(
    wanted: VariantChange, variant: Variant, charging: Charging, *at: str
) -> Iterator[FieldProblem]:
    yield from _text_problems(wanted.title, rules.title_problem, *at[1:], "title")
    if wanted.price is None:
        yield FieldProblem((*at, "price"), _MISSING)
    if isinstance(wanted.price, Decimal):
        yield from charge_problems(wanted.price, variant.currency, charging, *at, "price")
    if isinstance(wanted.compare_at_price, Decimal):
        yield from amount_problems(wanted.compare_at_price, variant.currency, *at, "compareAtPrice")
    if isinstance(wanted.weight_grams, int) and (problem := rules.weight_problem(wanted.weight_grams)):
        yield FieldProblem((*at, "weightGrams"), problem)
    if wanted.options is None:
        yield FieldProblem((*at, "options"), _MISSING)
    elif not isinstance(wanted.options, Keep) and (problem := rules.options_problem(wanted.options)):
        yield FieldProblem((*at, "options"), problem)


def _options_problems(change: ProductChange, stored: StoredProduct) -> Iterator[FieldProblem]:
    """As all variants have them after the change; named at the first one that does not fit to those before it."""
    places = {
        wanted.variant_id: (place, dict(wanted.options))
        for place, wanted in enumerate(change.variants)
        if wanted.options is not None and not isinstance(wanted.options, Keep)
    }
    if not places:
        return
    # What stays as it is comes first: the fault is with what is new.
    live = sorted(stored.live_variants, key=lambda variant: variant.id in places)
    first = places[live[0].id][1] if live[0].id in places else live[0].options
    others: set[tuple[tuple[str, str], ...]] = set()
    for variant in live:
        place, options = places.get(variant.id, (-1, variant.options))
        problem = rules.options_beside_problem(first, others, options)
        if problem and place >= 0:
            yield FieldProblem(("input", "variants", str(place), "options"), problem)
        others.add(rules.option_key(options))
