"""The unions that the catalog's mutations answer with."""

from typing import Annotated

import strawberry

from resolvers.catalog.category_types import Category
from resolvers.catalog.types import Product, Variant
from resolvers.shared.errors import Error, InvalidInput, NotFound, SkuTaken, SlugTaken, StaleVersion

CreateProductResult = Annotated[
    Product | SkuTaken | SlugTaken | InvalidInput, strawberry.union("CreateProductResult")
]
ChangeProductResult = Annotated[
    Product | NotFound | StaleVersion | SlugTaken | InvalidInput, strawberry.union("ChangeProductResult")
]
CreateVariantResult = Annotated[
    Variant | NotFound | StaleVersion | SkuTaken | InvalidInput, strawberry.union("CreateVariantResult")
]
ChangeVariantResult = Annotated[
    Variant | NotFound | StaleVersion | InvalidInput, strawberry.union("ChangeVariantResult")
]
CreateCategoryResult = Annotated[Category | SlugTaken | InvalidInput, strawberry.union("CreateCategoryResult")]
ChangeCategoryResult = Annotated[
    Category | NotFound | StaleVersion | SlugTaken | InvalidInput, strawberry.union("ChangeCategoryResult")
]


@strawberry.type(description="What became of one row: written, at fault, or neither as others were at fault.")
class BulkProductRow:
    index: int = strawberry.field(description="Its place in the input, from 0.")
    product: Product | None = strawberry.field(description="As it was written.")
    error: Error | None = strawberry.field(description="Why it was not.")


@strawberry.type(description="What became of the rows, in the order of the input.")
class BulkProducts:
    written: int = strawberry.field(description="How many were written.")
    rejected: int = strawberry.field(description="Rows that are at fault.")
    rows: list[BulkProductRow] = strawberry.field(description="What came of each, in the order of the input.")


BulkProductsResult = Annotated[BulkProducts | InvalidInput, strawberry.union("BulkProductsResult")]
