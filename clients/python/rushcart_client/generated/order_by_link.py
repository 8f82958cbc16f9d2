from typing import Optional

from .base_model import BaseModel
from .fragments import OrderParts


class OrderByLink(BaseModel):
    order: Optional["OrderByLinkOrder"]


OrderByLinkOrder = OrderParts
OrderByLink.model_rebuild()
