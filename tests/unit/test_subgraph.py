"""The text of the subgraph is the schema's own, marked; without federation nothing of it is there."""

import difflib

from cli.schema import exported
from graphql_api.schema import build_schema
from resolvers.federation.types import ENTITIES
from tests.unit.test_descriptions import problems


def test_the_subgraph_is_the_schema_marked() -> None:
    plain, marked = exported(), exported(federation=True)
    changes = difflib.ndiff(plain.replace("@requires", "@access").splitlines(), marked.splitlines())
    added = [line[2:] for line in changes if line.startswith("+ ") and line.strip("+ ")]
    assert added[0].startswith("extend schema @link(")
    heads = {line.split()[1]: line.split()[-3:] for line in added[1:]}
    assert heads.pop("Money")[-2:] == heads.pop("PageInfo")[-2:] == ["@shareable", "{"]
    assert {name: " ".join(words) for name, words in heads.items()} == dict.fromkeys(
        ENTITIES, '@key(fields: "id") {'
    )
    assert len(marked.splitlines()) == len(plain.splitlines()) + 2
    assert "@requires" not in marked


def test_gateways_have_fields_of_their_own_only_where_asked() -> None:
    ours, federated = build_schema()._schema, build_schema(federation=True)._schema
    extra = federated.type_map.keys() - ours.type_map.keys()
    assert extra == {"_Any", "_Entity", "_Service"}
    assert ours.query_type is not None
    assert federated.query_type is not None
    assert federated.query_type.fields.keys() - ours.query_type.fields.keys() == {"_entities", "_service"}
    assert not ours.type_map.keys() & extra
    assert problems(federated) == []
