"""Check a draft: every problem at once, each with its path; then exact minor units and final texts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from models.metadata_document import Meta
from services.catalog import rules
from services.catalog.check_prices import (
    CheckedPrice,
    amount_problems,
    charge_problems,
    check_prices,
    price_problems,
)
from services.catalog.product_draft import ImageDraft, ProductDraft, VariantDraft
from services.catalog.text_field import TEXT_FIELDS, TITLE
from services.money.amounts import is_currency, to_minor
from services.money.charging import Charging
from services.shared import texts
from services.shared.errors import FieldProblem, InvalidInput


@dataclass(frozen=True, slots=True)
class CheckedVariant:
    """``price`` and ``compare_at`` in minor units."""

    sku: str
    title: str
    options: dict[str, str]
    price: int
    compare_at: int | None
    prices: tuple[CheckedPrice, ...]
    weight_grams: int | None
    quantity: int
    archived: bool
    meta: Meta


@dataclass(frozen=True, slots=True)
class CheckedProduct:
    """A draft without fault. ``slug`` is None when the title gives none; ``slug_is_made``: nobody asked for it."""

    draft: ProductDraft
    title: str
    slug: str | None
    slug_is_made: bool
    tags: list[str]
    currency: str
    option_names: list[str]
    variants: tuple[CheckedVariant, ...]


def check_product(draft: ProductDraft, charging: Charging) -> CheckedProduct:
    """Errors: InvalidInput with all problems, their paths as createProduct's input has them."""
    problems = list(_problems(draft, charging))
    if problems:
        raise InvalidInput(problems)
    title = draft.title.strip()
    return CheckedProduct(
        draft=draft,
        title=title,
        slug=draft.slug or rules.slugify(title) or None,
        slug_is_made=not draft.slug,
        tags=clean_tags(draft.tags),
        currency=draft.variants[0].currency,
        option_names=list(draft.variants[0].options),
        variants=tuple(checked_variant(variant, title) for variant in draft.variants),
    )


def clean_tags(tags: Sequence[str]) -> list[str]:
    """Returns the tags trimmed, each once."""
    return list(dict.fromkeys(tag.strip() for tag in tags))


def variant_title(variant: VariantDraft, product_title: str) -> str:
    """Returns the variant's own title, or one made for it."""
    return (variant.title or "").strip() or derived_title(variant.options, product_title)


def derived_title(options: Mapping[str, str], product_title: str) -> str:
    """Returns ``Small / Red`` from the options, or the product's title."""
    return (" / ".join(options.values()) or product_title)[: rules.TITLE_LENGTH].strip()


def checked_variant(variant: VariantDraft, product_title: str) -> CheckedVariant:
    """Returns the variant as it is written, of a draft without fault."""
    before = variant.compare_at_price
    return CheckedVariant(
        sku=variant.sku,
        title=variant_title(variant, product_title),
        options=dict(variant.options),
        price=to_minor(variant.price, variant.currency),
        compare_at=None if before is None else to_minor(before, variant.currency),
        prices=check_prices(variant.prices),
        weight_grams=variant.weight_grams,
        quantity=variant.quantity,
        archived=variant.archived,
        meta=variant.meta,
    )


def _at(message: str | None, *path: str) -> Iterator[FieldProblem]:
    if message is not None:
        yield FieldProblem(("input", *path), message)


def _problems(draft: ProductDraft, charging: Charging) -> Iterator[FieldProblem]:
    for field in TEXT_FIELDS:
        yield from _at(field.problem(getattr(draft, field.name) or ""), *field.path)
        if field is TITLE and draft.slug is not None:
            yield from _at(rules.slug_problem(draft.slug), "slug")
    yield from tags_problems(draft.tags)
    yield from _list_problems(draft)
    for place, image in enumerate(draft.images[: rules.MOST_IMAGES]):
        yield from _image_problems(image, place)
    yield from _all_variant_problems(draft, charging)


def tags_problems(tags: Sequence[str]) -> Iterator[FieldProblem]:
    if len(tags) > rules.MOST_TAGS:
        yield from _at(f"at most {rules.MOST_TAGS}", "tags")
    for place, tag in enumerate(tags[: rules.MOST_TAGS]):
        yield from _at(rules.tag_problem(tag), "tags", str(place))


def _list_problems(draft: ProductDraft) -> Iterator[FieldProblem]:
    if len(draft.images) > rules.MOST_IMAGES:
        yield from _at(f"at most {rules.MOST_IMAGES}", "imageUrls")
    if not draft.variants:
        yield from _at("at least one", "variants")
    elif all(variant.archived for variant in draft.variants):
        yield from _at("at least one that is not archived", "variants")
    if len(draft.variants) > rules.MOST_VARIANTS:
        yield from _at(f"at most {rules.MOST_VARIANTS}", "variants")


def _image_problems(image: ImageDraft, place: int) -> Iterator[FieldProblem]:
    if image.media is None:
        yield from _at(rules.url_problem(image.url), "imageUrls", str(place))
    if image.alt_text is not None:
        yield from _at(texts.line_problem(image.alt_text, rules.ALT_TEXT_LENGTH), "imageUrls", str(place))


def _all_variant_problems(draft: ProductDraft, charging: Charging) -> Iterator[FieldProblem]:
    first_place: dict[str, int] = {}
    first = draft.variants[0] if draft.variants else None
    seen_options: set[tuple[tuple[str, str], ...]] = set()
    for place, variant in enumerate(draft.variants[: rules.MOST_VARIANTS]):
        path = ("variants", str(place))
        yield from variant_problems(variant, charging, *path)
        earlier = first_place.setdefault(variant.sku, place)
        if earlier != place:
            yield from _at(f"is the same as variants.{earlier}.sku", *path, "sku")
        if first is not None and variant.currency != first.currency and is_currency(variant.currency):
            yield from _at("must be the same for all variants", *path, "currencyCode")
        if first is not None and not variant.archived:
            problem = rules.options_beside_problem(first.options, seen_options, variant.options)
            yield from _at(problem, *path, "options")
            seen_options.add(rules.option_key(variant.options))


def variant_problems(variant: VariantDraft, charging: Charging, *path: str) -> Iterator[FieldProblem]:
    """Yields what is wrong with a variant by itself, at ``input.<path>``."""
    yield from _at(texts.sku_problem(variant.sku), *path, "sku")
    if variant.title is not None:
        yield from _at(texts.line_problem(variant.title, rules.TITLE_LENGTH), *path, "title")
    yield from _at(rules.options_problem(variant.options), *path, "options")
    yield from _at(rules.quantity_problem(variant.quantity), *path, "quantity")
    if variant.weight_grams is not None:
        yield from _at(rules.weight_problem(variant.weight_grams), *path, "weightGrams")
    if not is_currency(variant.currency):
        yield from _at("is not an ISO 4217 currency code", *path, "currencyCode")
        return
    yield from charge_problems(variant.price, variant.currency, charging, "input", *path, "price")
    if variant.compare_at_price is not None:
        yield from amount_problems(variant.compare_at_price, variant.currency, "input", *path, "compareAtPrice")
    yield from price_problems(variant.prices, variant.currency, charging, *path, "prices")
