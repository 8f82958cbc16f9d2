"""The search engine in use."""

from typing import Final

from services.search.port import ProductSearch
from services.search.words_index import WordsIndex

SEARCH: Final[ProductSearch] = WordsIndex()
