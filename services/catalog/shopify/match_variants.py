"""Find which variants of a stored product the rows of a file mean that name no SKU. Pure.

Such a row means the variant with its option values; of a product without options, its only one.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace

from models import Variant
from services.catalog import rules
from services.catalog.product_draft import PriceDraft, VariantDraft
from services.catalog.shopify import rows as columns
from services.catalog.shopify.make_sku import make_sku
from services.catalog.shopify.parsed_product import ParsedProduct, VariantRow
from services.catalog.stored_product import StoredProduct
from services.money.amounts import to_decimal

Matched = tuple[VariantDraft, VariantRow]


@dataclass(slots=True)
class Matching:
    """``product`` has the SKUs of the variants that are meant; ``problems`` are line, column and message."""

    product: ParsedProduct
    problems: list[tuple[int, str, str]] = field(default_factory=list)


def match_variants(parsed: ParsedProduct, stored: StoredProduct | None, taken: Collection[str]) -> Matching:
    """Give the rows without a SKU that of the variant they mean. ``taken``: SKUs of other products, which no new
    variant gets."""
    matching = Matching(parsed)
    pairs = zip(parsed.draft.variants, parsed.variant_rows, strict=True)
    found = list(_matched(matching, pairs, stored, taken))
    if not found and stored is not None and not matching.problems:
        # The file is about the product alone: its first variant stands for itself, as it is.
        found = [(_as_it_is(stored.live_variants[0], stored), parsed.variant_rows[0])]
    lines: dict[str, int] = {}
    for variant, row in found:
        earlier = lines.setdefault(variant.sku, row.line)
        if earlier != row.line:
            matching.problems.append((row.line, columns.SKU, f"means the same variant as line {earlier}"))
    if not matching.problems:
        draft = replace(parsed.draft, variants=[variant for variant, _ in found])
        matching.product = replace(parsed, draft=draft, variant_rows=tuple(row for _, row in found))
    return matching


def _matched(
    matching: Matching, pairs: Iterator[Matched], stored: StoredProduct | None, taken: Collection[str]
) -> Iterator[Matched]:
    for variant, row in pairs:
        if row.names_sku:
            yield variant, row
            continue
        meant = _meant(variant, stored) if stored is not None else None
        if meant is not None:
            yield replace(variant, sku=meant.sku), row
        elif stored is not None and not variant.options and row.says_something:
            message = "must not be empty: the product has several variants, and the row says not which it means"
            matching.problems.append((row.line, columns.SKU, message))
        elif stored is None or variant.options:
            yield _renamed(variant, matching.product, taken), row


def _meant(variant: VariantDraft, stored: StoredProduct) -> Variant | None:
    live = stored.live_variants
    if not variant.options:
        titled = [known for known in live if variant.title and known.title == variant.title]
        return _only(titled) or _only(live)
    wanted = rules.option_key(variant.options)
    gone = [known for known in stored.variants if known.archived_at is not None]
    return next((known for known in (*live, *gone) if rules.option_key(known.options) == wanted), None)


def _only(variants: Sequence[Variant]) -> Variant | None:
    return variants[0] if len(variants) == 1 else None


def _renamed(variant: VariantDraft, parsed: ParsedProduct, taken: Collection[str]) -> VariantDraft:
    if variant.sku not in taken:
        return variant
    return replace(variant, sku=make_sku(parsed.draft.slug or "", tuple(variant.options.values()), taken))


def _as_it_is(variant: Variant, stored: StoredProduct) -> VariantDraft:
    currency, before = variant.currency, variant.compare_at_price
    return VariantDraft(
        sku=variant.sku,
        price=to_decimal(variant.price, currency),
        currency=currency,
        quantity=0,
        title=variant.title,
        options=variant.options,
        compare_at_price=None if before is None else to_decimal(before, currency),
        weight_grams=variant.weight_grams,
        prices=[
            PriceDraft(
                price.currency,
                to_decimal(price.amount, price.currency),
                None if price.compare_at is None else to_decimal(price.compare_at, price.currency),
            )
            for price in stored.prices_of(variant.id)
        ],
        meta=variant.meta or {},
    )
