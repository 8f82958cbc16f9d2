from typing import Optional

from .base_model import BaseModel
from .fragments import ProductParts


class ProductOf(BaseModel):
    product: Optional["ProductOfProduct"]


ProductOfProduct = ProductParts
ProductOf.model_rebuild()
