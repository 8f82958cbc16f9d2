"""Check a draft: every problem at once, each with its path; then exact minor units and final texts."""

from collections.abc import Iterator
from dataclasses import dataclass

from services.catalog import rules
from services.catalog.drafts import ImageDraft, ProductDraft, VariantDraft
from services.errors import FieldProblem, InvalidInput
from services.money import MoneyError, is_currency, to_minor


@dataclass(frozen=True, slots=True)
class CheckedVariant:
    """``price`` in minor units."""

    sku: str
    title: str
    options: dict[str, str]
    price: int
    quantity: int


@dataclass(frozen=True, slots=True)
class CheckedProduct:
    """A draft without fault. ``slug`` is None when the title gives none; ``slug_is_made``: nobody asked for it."""

    draft: ProductDraft
    title: str
    slug: str | None
    slug_is_made: bool
    tags: list[str]
    currency: str
    variants: tuple[CheckedVariant, ...]


def check_product(draft: ProductDraft) -> CheckedProduct:
    """Errors: InvalidInput with all problems, their paths as createProduct's input has them."""
    problems = list(_problems(draft))
    if problems:
        raise InvalidInput(problems)
    title = draft.title.strip()
    return CheckedProduct(
        draft=draft,
        title=title,
        slug=draft.slug or rules.slugify(title) or None,
        slug_is_made=not draft.slug,
        tags=list(dict.fromkeys(tag.strip() for tag in draft.tags)),
        currency=draft.variants[0].currency,
        variants=tuple(_checked(variant, title) for variant in draft.variants),
    )


def variant_title(variant: VariantDraft, product_title: str) -> str:
    """Its own, or ``Small / Red`` from its options, or the product's."""
    title = (variant.title or "").strip() or " / ".join(variant.options.values())
    return (title or product_title)[: rules.TITLE_LENGTH]


def _checked(variant: VariantDraft, product_title: str) -> CheckedVariant:
    return CheckedVariant(
        sku=variant.sku,
        title=variant_title(variant, product_title),
        options=dict(variant.options),
        price=to_minor(variant.price, variant.currency),
        quantity=variant.quantity,
    )


def _at(message: str | None, *path: str) -> Iterator[FieldProblem]:
    if message is not None:
        yield FieldProblem(("input", *path), message)


def _problems(draft: ProductDraft) -> Iterator[FieldProblem]:
    yield from _at(rules.title_problem(draft.title), "title")
    if draft.slug is not None:
        yield from _at(rules.slug_problem(draft.slug), "slug")
    yield from _at(rules.description_problem(draft.description), "description")
    yield from _at(rules.line_problem(draft.vendor, rules.TITLE_LENGTH), "vendor")
    yield from _list_problems(draft)
    for place, tag in enumerate(draft.tags[: rules.MOST_TAGS]):
        yield from _at(rules.tag_problem(tag), "tags", str(place))
    for place, image in enumerate(draft.images[: rules.MOST_IMAGES]):
        yield from _image_problems(image, place)
    yield from _all_variant_problems(draft)


def _list_problems(draft: ProductDraft) -> Iterator[FieldProblem]:
    if len(draft.tags) > rules.MOST_TAGS:
        yield from _at(f"at most {rules.MOST_TAGS}", "tags")
    if len(draft.images) > rules.MOST_IMAGES:
        yield from _at(f"at most {rules.MOST_IMAGES}", "imageUrls")
    if not draft.variants:
        yield from _at("at least one", "variants")
    if len(draft.variants) > rules.MOST_VARIANTS:
        yield from _at(f"at most {rules.MOST_VARIANTS}", "variants")


def _image_problems(image: ImageDraft, place: int) -> Iterator[FieldProblem]:
    yield from _at(rules.url_problem(image.url), "imageUrls", str(place))
    if image.alt_text is not None:
        yield from _at(rules.line_problem(image.alt_text, rules.ALT_TEXT_LENGTH), "imageUrls", str(place))


def _all_variant_problems(draft: ProductDraft) -> Iterator[FieldProblem]:
    first_place: dict[str, int] = {}
    for place, variant in enumerate(draft.variants[: rules.MOST_VARIANTS]):
        yield from _variant_problems(variant, place)
        earlier = first_place.setdefault(variant.sku, place)
        if earlier != place:
            yield from _at(f"is the same as variants.{earlier}.sku", "variants", str(place), "sku")
        if variant.currency != draft.variants[0].currency and is_currency(variant.currency):
            yield from _at("must be the same for all variants", "variants", str(place), "currencyCode")


def _variant_problems(variant: VariantDraft, place: int) -> Iterator[FieldProblem]:
    path = ("variants", str(place))
    yield from _at(rules.sku_problem(variant.sku), *path, "sku")
    if variant.title is not None:
        yield from _at(rules.line_problem(variant.title, rules.TITLE_LENGTH), *path, "title")
    yield from _at(rules.quantity_problem(variant.quantity), *path, "quantity")
    if not is_currency(variant.currency):
        yield from _at("is not an ISO 4217 currency code", *path, "currencyCode")
        return
    try:
        to_minor(variant.price, variant.currency)
    except MoneyError as error:
        yield from _at(str(error), *path, "price")
