"""Every mutation says who may call it."""

import re

import pytest
from graphql import (
    EnumValueNode,
    FieldDefinitionNode,
    GraphQLObjectType,
    ListValueNode,
    ObjectTypeDefinitionNode,
    parse,
)

from graphql_api.schema import build_schema
from models.enums import Role
from resolvers.shared.context import Info
from resolvers.shared.mutation import mutation
from resolvers.shared.permissions import PUBLIC_MUTATIONS

SCHEMA = build_schema()


def _snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda match: "_" + match[1].lower(), name)


def _mutations() -> dict[str, list[str]]:
    """The roles that the exported schema shows for each mutation."""
    types = [node for node in parse(SCHEMA.as_str()).definitions if isinstance(node, ObjectTypeDefinitionNode)]
    [root] = [node for node in types if node.name.value == "Mutation"]
    return {field.name.value: _roles(field) for field in root.fields or ()}


def _roles(field: FieldDefinitionNode) -> list[str]:
    arguments = [argument for one in field.directives or () for argument in one.arguments or ()]
    values = {argument.name.value: argument.value for argument in arguments}
    roles = values.get("roles")
    assert roles is None or isinstance(roles, ListValueNode)
    return [role.value for role in roles.values if isinstance(role, EnumValueNode)] if roles else []


def test_each_mutation_has_roles_or_is_public() -> None:
    root = SCHEMA._schema.mutation_type
    assert isinstance(root, GraphQLObjectType)
    shown = _mutations()
    assert set(shown) == set(root.fields)
    for name, roles in shown.items():
        public = _snake(name) in PUBLIC_MUTATIONS
        assert bool(roles) != public, f"{name} shows {roles or 'no role'} and is {'' if public else 'not '}public"
        assert set(roles) <= {role.value for role in Role}


def test_a_mutation_without_roles_cannot_be_declared() -> None:
    async def give_everything_away(self: object, info: Info) -> None: ...

    with pytest.raises(TypeError, match="give_everything_away names no role and is not public"):
        mutation()(give_everything_away)
