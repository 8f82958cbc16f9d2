"""Apply a checked change to a product's rows; what is the same already is no change. Pure."""

from collections.abc import Mapping
from decimal import Decimal

from models import Product, Variant, VariantPrice
from services.catalog.check_product import clean_tags
from services.catalog.made_titles import made_titles, make_titles_again
from services.catalog.product_draft import Keep, ProductChange, VariantChange
from services.catalog.stored_product import StoredProduct
from services.catalog.text_field import TEXT_FIELDS
from services.money.amounts import to_minor


def set_values(row: Product | Variant | VariantPrice, values: Mapping[str, object]) -> bool:
    """Set the row's values; those that are to be kept are left out by the caller, or ``KEEP``.

    Returns whether any was another before.
    """
    wanted = {name: value for name, value in values.items() if not isinstance(value, Keep)}
    differing = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    for name, value in differing.items():
        setattr(row, name, value)
    return bool(differing)


def apply_change(change: ProductChange, stored: StoredProduct) -> bool:
    """Apply a product's change to its row.

    Returns whether something changed. The caller sees to the slug, and to what follows from a change.
    """
    texts = {field: getattr(change, field.name) for field in TEXT_FIELDS}
    values = {
        **{field.name: text if isinstance(text, Keep) else field.clean(text) for field, text in texts.items()},
        "tags": change.tags if isinstance(change.tags, Keep) else clean_tags(change.tags or ()),
        "category_id": change.category_id,
        "status": change.status,
    }
    made = made_titles(stored)
    changed = set_values(stored.product, values)
    for wanted in change.variants:
        changed |= _apply_to_variant(wanted, stored)
    titled = {wanted.variant_id for wanted in change.variants if isinstance(wanted.title, str)}
    return make_titles_again(stored, made - titled) or changed


def _apply_to_variant(wanted: VariantChange, stored: StoredProduct) -> bool:
    variant = stored.variant(wanted.variant_id)
    values: dict[str, object] = {
        "title": _stripped(wanted.title),
        "price": _minor(wanted.price, variant.currency),
        "compare_at_price": _minor(wanted.compare_at_price, variant.currency),
        "weight_grams": wanted.weight_grams,
    }
    changed = set_values(variant, values)
    if wanted.options is not None and not isinstance(wanted.options, Keep):
        changed |= set_values(variant, {"options": dict(wanted.options)})
        if set(stored.product.option_names or ()) != set(wanted.options):
            changed |= set_values(stored.product, {"option_names": list(wanted.options)})
    return changed


def _stripped(text: str | Keep | None) -> str | Keep | None:
    return text.strip() if isinstance(text, str) else text


def _minor(amount: Decimal | Keep | None, currency: str) -> int | Keep | None:
    return to_minor(amount, currency) if isinstance(amount, Decimal) else amount
