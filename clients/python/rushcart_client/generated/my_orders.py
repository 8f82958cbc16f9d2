from typing import Optional

from pydantic import Field

from .base_model import BaseModel
from .fragments import OrderParts


class MyOrders(BaseModel):
    me: Optional["MyOrdersMe"]


class MyOrdersMe(BaseModel):
    orders: "MyOrdersMeOrders"


class MyOrdersMeOrders(BaseModel):
    edges: list["MyOrdersMeOrdersEdges"]
    page_info: "MyOrdersMeOrdersPageInfo" = Field(alias="pageInfo")


class MyOrdersMeOrdersEdges(BaseModel):
    node: "MyOrdersMeOrdersEdgesNode"


MyOrdersMeOrdersEdgesNode = OrderParts


class MyOrdersMeOrdersPageInfo(BaseModel):
    has_next_page: bool = Field(alias="hasNextPage")
    end_cursor: Optional[str] = Field(alias="endCursor")


MyOrders.model_rebuild()
MyOrdersMe.model_rebuild()
MyOrdersMeOrders.model_rebuild()
MyOrdersMeOrdersEdges.model_rebuild()
