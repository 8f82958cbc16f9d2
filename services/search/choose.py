"""The search engine in use."""

from infra.runtime import Infra
from services.search.database.engine import DatabaseSearch
from services.search.port import ProductSearch


def product_search(infra: Infra) -> ProductSearch:
    return DatabaseSearch(infra.database)
