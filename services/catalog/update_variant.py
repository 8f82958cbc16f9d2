"""Change one variant: what it says and costs."""

from infra.runtime import Infra
from models.documents import ProductDoc
from services.catalog.change_product import product_of_variant
from services.catalog.product_draft import ProductChange, VariantChange
from services.catalog.update_product import update_product
from services.shared.errors import FieldProblem, InvalidInput


async def update_variant(infra: Infra, change: VariantChange, version: int) -> ProductDoc:
    """Change a variant; ``version`` is the product's.

    Errors: NotFound, StaleVersion, InvalidInput, StoreUnavailable.
    """
    product_id = await product_of_variant(infra, change.variant_id)
    try:
        return await update_product(infra, ProductChange(product_id, version, variants=[change]))
    except InvalidInput as error:
        raise InvalidInput(map(_of_this_input, error.problems)) from None


def _of_this_input(problem: FieldProblem) -> FieldProblem:
    """Here the variant is the input itself, not the first of ``input.variants``."""
    return FieldProblem(("input", *problem.path[3:]), problem.message)
