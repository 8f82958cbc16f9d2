from datetime import datetime

from pydantic import Field

from .base_model import BaseModel
from .fragments import Price


class RunningSales(BaseModel):
    flash_sales: "RunningSalesFlashSales" = Field(alias="flashSales")


class RunningSalesFlashSales(BaseModel):
    edges: list["RunningSalesFlashSalesEdges"]


class RunningSalesFlashSalesEdges(BaseModel):
    node: "RunningSalesFlashSalesEdgesNode"


class RunningSalesFlashSalesEdgesNode(BaseModel):
    id: str
    name: str
    starts_at: datetime = Field(alias="startsAt")
    ends_at: datetime = Field(alias="endsAt")
    items: list["RunningSalesFlashSalesEdgesNodeItems"]


class RunningSalesFlashSalesEdgesNodeItems(BaseModel):
    id: str
    remaining: int
    per_customer_limit: int = Field(alias="perCustomerLimit")
    price: "RunningSalesFlashSalesEdgesNodeItemsPrice"
    variant: "RunningSalesFlashSalesEdgesNodeItemsVariant"


RunningSalesFlashSalesEdgesNodeItemsPrice = Price


class RunningSalesFlashSalesEdgesNodeItemsVariant(BaseModel):
    id: str
    sku: str
    title: str
    price: "RunningSalesFlashSalesEdgesNodeItemsVariantPrice"
    product: "RunningSalesFlashSalesEdgesNodeItemsVariantProduct"


RunningSalesFlashSalesEdgesNodeItemsVariantPrice = Price


class RunningSalesFlashSalesEdgesNodeItemsVariantProduct(BaseModel):
    id: str
    slug: str
    title: str


RunningSales.model_rebuild()
RunningSalesFlashSales.model_rebuild()
RunningSalesFlashSalesEdges.model_rebuild()
RunningSalesFlashSalesEdgesNode.model_rebuild()
RunningSalesFlashSalesEdgesNodeItems.model_rebuild()
RunningSalesFlashSalesEdgesNodeItemsVariant.model_rebuild()
