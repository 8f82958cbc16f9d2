"""The search engine in use."""

from infra.runtime import Infra
from services.finding.engine import DatabaseSearch
from services.finding.port import ProductSearch


def product_search(infra: Infra) -> ProductSearch:
    return DatabaseSearch(infra.database)
