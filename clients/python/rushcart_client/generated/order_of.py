from typing import Optional

from .base_model import BaseModel
from .fragments import OrderParts


class OrderOf(BaseModel):
    order: Optional["OrderOfOrder"]


OrderOfOrder = OrderParts
OrderOf.model_rebuild()
