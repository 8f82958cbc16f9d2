"""The areas of the schema, and the one of an address's processes that tells of it."""

import os
import signal

from cli.shared.area import AREA
from graphql_api.areas import AREAS
from graphql_api.schema import build_schema
from infra.discovery.register import OneOfMany


def test_areas_are_of_the_schema() -> None:
    schema = build_schema()._schema
    roots = [kind for kind in (schema.query_type, schema.mutation_type, schema.subscription_type) if kind]
    known = {name for kind in roots for name in kind.fields}
    assert all(served and served <= known for served in AREAS.values())
    assert list(AREA.choices) == list(AREAS)


def test_one_of_those_that_were_forked_until_it_ends() -> None:
    one = OneOfMany()
    here, there = os.pipe()
    child = os.fork()
    if not child:
        os.write(there, b"1" if one.is_it() and one.is_it() else b"0")
        signal.pause()
    assert os.read(here, 1) == b"1"
    assert not one.is_it()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert one.is_it()
    os.close(here)
    os.close(there)
