"""The inputs of the catalog, and what the services make of them."""

from collections.abc import Sequence
from decimal import Decimal

import strawberry

from models.enums import ProductStatus, Role, Scope
from resolvers.metadata.types import MetadataFilter
from resolvers.shared.context import Info
from resolvers.shared.node import argument_id, input_id
from resolvers.shared.permissions import check
from services.catalog.product_draft import ImageDraft, PriceDraft, ProductDraft, VariantDraft
from services.catalog.rules import normal_slug
from services.finding.product_filter import ProductFilter as Filter
from services.shared.errors import InvalidInput


@strawberry.input(description="All conditions that are given must hold.")
class ProductFilter:
    search: str | None = strawberry.field(
        default=None,
        description="Words of title, vendor, tags, SKUs, variants and description; all of them, each may be "
        "unfinished. Case and accents do not count; Chinese is found by any part of a word.",
    )
    category_id: strawberry.ID | None = strawberry.field(
        default=None, description="In this category, or anywhere below."
    )
    vendor: str | None = strawberry.field(default=None, description="Exactly this one.")
    tag: str | None = strawberry.field(default=None, description="Has this one among its tags.")
    in_stock: bool | None = strawberry.field(default=None, description="Whether a variant can be ordered now.")
    min_price: Decimal | None = strawberry.field(default=None, description="A variant costs at least this.")
    max_price: Decimal | None = strawberry.field(default=None, description="A variant costs at most this.")
    vendors: list[str] | None = strawberry.field(default=None, description="One of these.")
    tags: list[str] | None = strawberry.field(default=None, description="All of these.")
    category_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="In one of these, or anywhere below."
    )
    metadata: list[MetadataFilter] | None = strawberry.field(
        default=None, description="Each of these values, 5 at most: the product's own, or a variant's."
    )
    status: list[ProductStatus] | None = strawberry.field(
        default=None, description="Products in one of these states; only staff may ask for others than PUBLISHED."
    )

    def to_service(self, info: Info) -> Filter:
        """Errors: BAD_USER_INPUT for an id that is not a category's; FORBIDDEN for states that are not public."""
        category = self.category_id
        statuses = tuple(sorted({ProductStatus.PUBLISHED} if self.status is None else set(self.status)))
        if set(statuses) - {ProductStatus.PUBLISHED}:
            check(info, [Role.STAFF], Scope.CATALOG_READ)
        return Filter(
            search=self.search,
            within=None if category is None else argument_id(category, "Category", "filter.categoryId"),
            vendor=self.vendor,
            tag=self.tag,
            in_stock=self.in_stock,
            min_price=self.min_price,
            max_price=self.max_price,
            vendors=tuple(self.vendors or ()),
            tags=tuple(self.tags or ()),
            category_ids=tuple(
                argument_id(id_, "Category", "filter.categoryIds") for id_ in self.category_ids or ()
            ),
            statuses=statuses,
        )


@strawberry.input(description="What a variant is among its product's others.")
class VariantOptionInput:
    name: str = strawberry.field(description="Such as size; all variants of a product have the same names.")
    value: str = strawberry.field(description="Such as M.")


@strawberry.input(
    description="What search engines are shown of a product. What is left out stays as it is; null takes it away."
)
class SeoInput:
    title: str | None = strawberry.field(default=strawberry.UNSET, description="The page's title.")
    description: str | None = strawberry.field(default=strawberry.UNSET, description="What may be shown below it.")


@strawberry.input(description="What a variant costs in another currency.")
class VariantPriceInput:
    currency_code: str = strawberry.field(description="ISO 4217; not the product's own.")
    price: Decimal = strawberry.field(description="Of one unit.")
    compare_at_price: Decimal | None = strawberry.field(
        default=None, description="What it cost before; above the price."
    )

    def to_service(self) -> PriceDraft:
        return PriceDraft(self.currency_code, self.price, self.compare_at_price)


@strawberry.input(description="What is sold by one SKU.")
class CreateVariantInput:
    sku: str = strawberry.field(description="1 to 64 characters without whitespace and braces; it stays for ever.")
    price: Decimal = strawberry.field(description="Of one unit.")
    currency_code: str = strawberry.field(description="ISO 4217; the same for all variants of a product.")
    quantity: int = strawberry.field(description="Units on hand at first.")
    title: str | None = strawberry.field(
        default=None, description="Made from the options when absent, or the product's."
    )
    options: list[VariantOptionInput] | None = strawberry.field(
        default=None, description="At most 3; all variants of a product have the same names."
    )
    compare_at_price: Decimal | None = strawberry.field(
        default=None, description="What it cost before; above the price."
    )
    weight_grams: int | None = strawberry.field(
        default=None, description="What one unit weighs when it is shipped."
    )
    prices: list[VariantPriceInput] | None = strawberry.field(
        default=None, description="In currencies other than the product's own."
    )

    def to_service(self, *path: str) -> VariantDraft:
        """Errors: InvalidInput at ``input.<path>.options``."""
        return VariantDraft(
            sku=self.sku,
            price=self.price,
            currency=self.currency_code,
            quantity=self.quantity,
            title=self.title,
            options=options_of(self.options or (), *path, "options"),
            compare_at_price=self.compare_at_price,
            weight_grams=self.weight_grams,
            prices=[price.to_service() for price in self.prices or ()],
        )


@strawberry.input(description="A product with its variants.")
class CreateProductInput:
    title: str = strawberry.field(description="What it is called.")
    variants: list[CreateVariantInput] = strawberry.field(description="One at least.")
    slug: str | None = strawberry.field(default=None, description="Made from the title when absent.")
    description: str | None = strawberry.field(default=None, description="Of any length.")
    vendor: str | None = strawberry.field(default=None, description="Who makes it or sells it.")
    tags: list[str] | None = strawberry.field(default=None, description="Words to find and group it by.")
    category_id: strawberry.ID | None = strawberry.field(
        default=None, description="Where it is in the tree of categories."
    )
    image_urls: list[str] | None = strawberry.field(
        default=None, description="Pictures that are elsewhere, in the order in which to show them."
    )
    status: ProductStatus | None = strawberry.field(default=None, description="PUBLISHED when absent.")
    seo: SeoInput | None = strawberry.field(default=None, description="What search engines are shown.")
    tax_class: str | None = strawberry.field(
        default=None,
        description="Which rate of a tax region it has, such as reduced; standard when absent.",
    )

    def to_service(self) -> ProductDraft:
        """Errors: InvalidInput for an id that is not a category's, and for options."""
        category, seo = self.category_id, self.seo or SeoInput()
        return ProductDraft(
            title=self.title,
            variants=[variant.to_service("variants", str(place)) for place, variant in enumerate(self.variants)],
            slug=self.slug and normal_slug(self.slug),
            description=self.description or "",
            vendor=self.vendor or "",
            tags=self.tags or (),
            category_id=None if category is None else input_id(category, "Category", "categoryId"),
            images=[ImageDraft(url) for url in self.image_urls or ()],
            status=self.status or ProductStatus.PUBLISHED,
            seo_title=seo.title or None,
            seo_description=seo.description or None,
            tax_class=self.tax_class or None,
        )


def options_of(options: Sequence[VariantOptionInput], *path: str) -> dict[str, str]:
    """Errors: InvalidInput at ``input.<path>`` for a name that is there twice."""
    found = {option.name: option.value for option in options}
    if len(found) != len(options):
        raise InvalidInput.at(*path, message="name the same option twice")
    return found
