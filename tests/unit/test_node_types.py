"""What has an id is a Node, which is found by it; or it says why not."""

from typing import Final

from graphql import GraphQLInterfaceType, GraphQLNonNull, GraphQLObjectType, build_schema

from graphql_api.schema import build_schema as ours
from resolvers.shared.node import node_names

SCHEMA: Final = build_schema(ours().as_str())
_DELETED: Final = (
    *("CustomRole", "CustomerGroup", "DraftOrder", "PriceList", "ShippingZone", "TaxRegion", "WebhookEndpoint"),
    "MetadataDefinition",
)
NO_NODE: Final = {f"Deleted{name}": "gone" for name in _DELETED} | {"ArmedFlashOrder": "armFlashOrder"}
"""Each with a word of the reason that its description gives."""
OTHER_NAMES: Final = {"OrderAddress"}
"""Names in ids that are no type's."""


def types_with_an_id() -> dict[str, GraphQLObjectType]:
    types = [kind for kind in SCHEMA.type_map.values() if isinstance(kind, GraphQLObjectType)]
    return {kind.name: kind for kind in types if "id" in kind.fields and _is_id(kind)}


def _is_id(kind: GraphQLObjectType) -> bool:
    type_ = kind.fields["id"].type
    return isinstance(type_, GraphQLNonNull) and str(type_) == "ID!"


def test_each_type_with_an_id_is_a_node_or_says_why_not() -> None:
    node = SCHEMA.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    found = types_with_an_id()
    assert len(found) > 25
    assert {name for name, kind in found.items() if node not in kind.interfaces} == set(NO_NODE)
    for name, reason in NO_NODE.items():
        assert reason in (found[name].description or "")
        assert "no Node" in (found[name].description or "")


def test_each_node_is_found_by_its_id() -> None:
    assert node_names() == types_with_an_id().keys() - NO_NODE.keys() | OTHER_NAMES
