"""Every mutation says who may call it."""

import re

import pytest
from graphql import GraphQLObjectType

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
    fields = _type_body(SCHEMA.as_str(), "Mutation")
    found = re.findall(r"^  (\w+)\(.*?\): \w+!(.*)$", fields, re.MULTILINE)
    return {name: re.findall(r"\b[A-Z]+\b", rest.partition("scopes:")[0]) for name, rest in found}


def _type_body(sdl: str, name: str) -> str:
    match = re.search(rf"^type {name} {{\n(.*?)^}}", sdl, re.MULTILINE | re.DOTALL)
    assert match is not None
    return match[1]


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
