"""Columns of metadata, as Shopify names those of its metafields: ``Wool (product.metafields.custom.material)``.
Pure.

A key of two words is a namespace and a key; one of a single word is in Shopify's namespace ``custom``.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from models.enums import MetadataOwner, MetadataType
from models.metadata_document import DefinitionDoc
from services.metadata.rules import PLAIN_NAMESPACE, canonical

_HEADING: Final = re.compile(
    r"(?:.*\()?((?:product|variant)\.metafields\.[a-z0-9_-]+\.[a-z0-9_-]+)\)?", re.IGNORECASE | re.ASCII
)
_AS_THEY_ARE: Final = (MetadataType.TEXT, MetadataType.JSON)

Metafields = Mapping[str, DefinitionDoc]
"""Definitions by their columns."""


def metafields(found: Iterable[DefinitionDoc]) -> Metafields:
    """Returns those of products and variants."""
    owners = (MetadataOwner.PRODUCT, MetadataOwner.VARIANT)
    return {column_of(one): one for one in found if one.owner in owners}


def column_of(definition: DefinitionDoc) -> str:
    key = definition.key if "." in definition.key else f"{PLAIN_NAMESPACE}.{definition.key}"
    return f"{definition.owner.value.lower()}.metafields.{key}"


def heading_of(definition: DefinitionDoc) -> str:
    return f"{definition.key} ({column_of(definition)})"


def named_column(own: str) -> str:
    """Returns the column that a file's heading means; empty for one of no metafield."""
    found = _HEADING.fullmatch(own)
    return found[1].lower() if found else ""


def read_cell(definition: DefinitionDoc, cell: str) -> tuple[str, str | None]:
    """Returns the value, empty for none, and what is wrong with it."""
    text = cell if definition.type in _AS_THEY_ARE else cell.strip()
    if not text:
        return "", None
    # A spreadsheet writes them in capitals.
    return canonical(definition.type, text.lower() if definition.type is MetadataType.BOOLEAN else text)
