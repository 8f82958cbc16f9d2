"""The inputs of changes of products and variants. What is left out stays as it is."""

from decimal import Decimal
from typing import TypeVar

import strawberry

from models.enums import ProductStatus
from resolvers.catalog.inputs import (
    CreateVariantInput,
    SeoInput,
    VariantOptionInput,
    VariantPriceInput,
    options_of,
)
from resolvers.shared.node import input_id
from resolvers.shared.words import PRODUCT_ID, VARIANT_ID
from services.catalog.change_product import Based
from services.catalog.product_draft import KEEP, Keep, ProductChange, VariantChange
from services.catalog.rules import normal_slug

T = TypeVar("T")
_VERSION = "The version of the product that the change is based on."


def kept(value: T | None) -> T | Keep | None:
    """Returns the value, ``KEEP`` for what the client left out."""
    return KEEP if value is strawberry.UNSET else value


def _both_texts(seo: SeoInput | Keep | None) -> SeoInput:
    if seo is None:
        return SeoInput(title=None, description=None)
    return SeoInput() if isinstance(seo, Keep) else seo


@strawberry.input
class UpdateVariantFields:
    """What updateVariant and the variants of updateProduct have in common."""

    id: strawberry.ID = strawberry.field(description=VARIANT_ID)
    title: str | None = strawberry.field(
        default=strawberry.UNSET, description="What tells it from the product's others."
    )
    options: list[VariantOptionInput] | None = strawberry.field(
        default=strawberry.UNSET, description="All of them; their names must be those of the other variants."
    )
    price: Decimal | None = strawberry.field(
        default=strawberry.UNSET, description="In the product's own currency."
    )
    compare_at_price: Decimal | None = strawberry.field(
        default=strawberry.UNSET, description="Null takes it away."
    )
    weight_grams: int | None = strawberry.field(default=strawberry.UNSET, description="Null takes it away.")

    def change(self, *path: str) -> VariantChange:
        """Errors: InvalidInput at ``input.<path>``."""
        options = kept(self.options)
        return VariantChange(
            variant_id=input_id(self.id, "Variant", *path, "id"),
            title=kept(self.title),
            options=options_of(options, *path, "options") if isinstance(options, list) else options,
            price=kept(self.price),
            compare_at_price=kept(self.compare_at_price),
            weight_grams=kept(self.weight_grams),
        )


@strawberry.input(description="What is left out stays as it is.")
class VariantChangeInput(UpdateVariantFields): ...


@strawberry.input(description="What is left out stays as it is.")
class UpdateVariantInput(UpdateVariantFields):
    version: int = strawberry.field(description=_VERSION)


@strawberry.input(description="What is left out stays as it is.")
class UpdateProductInput:
    id: strawberry.ID = strawberry.field(description=PRODUCT_ID)
    version: int = strawberry.field(description="The version that the change is based on.")
    title: str | None = strawberry.field(default=strawberry.UNSET, description="What it is called.")
    slug: str | None = strawberry.field(
        default=strawberry.UNSET, description="The one of before leads here until another product takes it."
    )
    description: str | None = strawberry.field(default=strawberry.UNSET, description="Of any length.")
    vendor: str | None = strawberry.field(default=strawberry.UNSET, description="Who makes it or sells it.")
    tags: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="All of them: those that are not named are gone."
    )
    category_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Null takes the product out of its category."
    )
    seo: SeoInput | None = strawberry.field(default=strawberry.UNSET, description="Null takes both texts away.")
    tax_class: str | None = strawberry.field(
        default=strawberry.UNSET, description="Which of the rates of a tax region it has; null is standard."
    )
    status: ProductStatus | None = strawberry.field(default=strawberry.UNSET, description="Who can see it.")
    variants: list[VariantChangeInput] | None = strawberry.field(
        default=None, description="Changes of some of the variants; the others stay as they are."
    )

    def change(self) -> ProductChange:
        """Errors: InvalidInput."""
        category = kept(self.category_id)
        seo = _both_texts(kept(self.seo))
        return ProductChange(
            product_id=input_id(self.id, "Product", "id"),
            version=self.version,
            title=kept(self.title),
            slug=kept(normal_slug(self.slug) if self.slug else self.slug),
            description=kept(self.description),
            vendor=kept(self.vendor),
            tags=kept(self.tags),
            category_id=input_id(category, "Category", "categoryId") if isinstance(category, str) else category,
            seo_title=kept(seo.title),
            seo_description=kept(seo.description),
            tax_class=kept(self.tax_class),
            status=kept(self.status),
            variants=[variant.change("variants", str(place)) for place, variant in enumerate(self.variants or ())],
        )


@strawberry.input(description="A product to be published, withdrawn or archived.")
class ProductStateInput:
    id: strawberry.ID = strawberry.field(description=PRODUCT_ID)
    version: int = strawberry.field(description="The version that the change is based on.")

    def based(self) -> Based:
        """Errors: InvalidInput."""
        return Based(input_id(self.id, "Product", "id"), self.version)


@strawberry.input(description="A variant to be archived or restored.")
class VariantStateInput:
    id: strawberry.ID = strawberry.field(description=VARIANT_ID)
    version: int = strawberry.field(description=_VERSION)


@strawberry.input(description="A variant for a product that is there.")
class AddVariantInput:
    product_id: strawberry.ID = strawberry.field(description=PRODUCT_ID)
    version: int = strawberry.field(description=_VERSION)
    variant: CreateVariantInput = strawberry.field(description="What is sold by the new SKU.")

    def based(self) -> Based:
        """Errors: InvalidInput."""
        return Based(input_id(self.product_id, "Product", "productId"), self.version)


@strawberry.input(description="The order in which variants are shown.")
class ReorderVariantsInput:
    product_id: strawberry.ID = strawberry.field(description=PRODUCT_ID)
    version: int = strawberry.field(description=_VERSION)
    variant_ids: list[strawberry.ID] = strawberry.field(
        description="All that are not archived, each once, in their new order."
    )

    def based(self) -> Based:
        """Errors: InvalidInput."""
        return Based(input_id(self.product_id, "Product", "productId"), self.version)


@strawberry.input(description="What a variant costs in other currencies.")
class SetVariantPricesInput:
    id: strawberry.ID = strawberry.field(description=VARIANT_ID)
    version: int = strawberry.field(description=_VERSION)
    prices: list[VariantPriceInput] = strawberry.field(
        description="All of them; a currency that is left out has no price of its own any more."
    )
