from typing import Optional

from .base_model import BaseModel
from .fragments import CartParts


class CartNow(BaseModel):
    cart: Optional["CartNowCart"]


CartNowCart = CartParts
CartNow.model_rebuild()
