"""What a document may ask for, and that refusing it is cheap."""

import asyncio
from typing import Any

import pytest
from graphql import get_introspection_query

from graphql_api import preparing
from graphql_api.documents import Document, Documents
from graphql_api.http_request import Refused
from graphql_api.limits import check_strings
from graphql_api.preparing import MOST, MOST_OF_ONE
from graphql_api.schema import build_schema
from resolvers.shared.context import Context
from resolvers.shared.limits import MAX_STRING_CHARS
from services.shared.client import Client


@pytest.fixture
def documents() -> Documents:
    return Documents(build_schema()._schema)


def _codes(documents: Documents, query: str) -> set[object]:
    return {(error.extensions or {}).get("code") for error in documents.check(query)}


def _doubling_fragments(levels: int) -> str:
    chain = " ".join(f"fragment F{n} on User {{ ...F{n + 1} x: id ...F{n + 1} }}" for n in range(levels))
    return f"{{ me {{ ...F0 }} }} {chain} fragment F{levels} on User {{ id }}"


def _not_reached(*_args: object) -> None:
    raise AssertionError("it was validated")


HUGE = {
    "deep": "{" + "a{" * 1500,
    "deep and closed": "{me{orders{edges{node{" + "customer{" * 20 + "id" + "}" * 25,
    "deep list": "{node(id: " + "[" * 1500 + "]" * 1500 + "){id}}",
    "long": "{me{id}} #" + "x" * 20_001,
    "many tokens": "{me{" + "id " * 2500 + "}}",
    "many fields": "{me{" + "id " * 600 + "}}",
    "many aliases": "{me{" + " ".join(f"a{n}: id" for n in range(31)) + "}}",
    "many roots": "{" + "me{id}" * 21 + "}",
    "many directives": "{me{id " + "@include(if: true)" * 51 + "}}",
    "fragments that double": _doubling_fragments(40),
}


@pytest.mark.parametrize("query", HUGE.values(), ids=HUGE.keys())
def test_too_much_is_refused_before_it_is_validated(
    documents: Documents, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Validation takes a time that grows with the square of a document."""
    monkeypatch.setattr(Documents, "_validate", _not_reached)
    assert _codes(documents, query) == {"QUERY_TOO_COMPLEX"}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "GRAPHQL_PARSE_FAILED"),
        ("{ me { id }", "GRAPHQL_PARSE_FAILED"),
        ("{ me(x: \x00) }", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ ...A } fragment A on Query { ...A }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ node { id } }", "GRAPHQL_VALIDATION_FAILED"),
        ("type Query { me: Int }", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
def test_what_cannot_run_has_a_code(documents: Documents, query: str, code: str) -> None:
    assert _codes(documents, query) == {code}


def test_the_usual_introspection_passes(documents: Documents) -> None:
    full = get_introspection_query(
        specified_by_url=True, directive_is_repeatable=True, input_value_deprecation=True
    )
    assert documents.check(full) == ()


@pytest.mark.parametrize(
    "query",
    [
        """{ products(first: 100) { totalCount pageInfo { endCursor } edges { cursor node { id slug title vendor
        tags images { url altText } variants { id sku title price { amount currencyCode } } } } } }""",
        "query ($n: Int) { products(first: $n) { edges { node { title variants { sku price { amount } } } } } }",
        "{ categories { name products(first: 20) { edges { node { title priceRange { min { amount } } } } } } }",
        "{ products(first: 100000) { totalCount } }",
    ],
)
def test_what_a_shop_asks_for_passes(documents: Documents, query: str) -> None:
    assert documents.check(query) == ()


async def test_a_document_is_prepared_once(documents: Documents, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared: list[str] = []
    prepare = Documents._prepare_in_slices

    def noting(self: Documents, query: str, asker: object) -> Document:
        prepared.append(query)
        return prepare(self, query, asker)

    monkeypatch.setattr(Documents, "_prepare_in_slices", noting)
    many = await asyncio.gather(*(documents.get("{me{id}}") for _ in range(MOST + 1)))
    assert all(one is many[0] for one in many)
    assert await documents.get("{me{id}}") is many[0]
    assert prepared == ["{me{id}}"]


async def test_others_are_let_on_while_a_document_is_prepared(
    documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "_SLICE", 0.0)
    let_on = 0
    making = asyncio.create_task(documents.get("{me{" + "id " * 100 + "}}"))
    while not making.done():
        await asyncio.sleep(0)
        let_on += 1
    assert (await making).errors == ()
    assert let_on > 100


def asked_by(address: str) -> Context:
    nothing: Any = None
    return Context(nothing, nothing, client=Client(address))


async def test_whoever_has_much_to_do_takes_turns_with_others(
    documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "_SLICE", 0.0)
    done: list[str] = []

    async def ask(name: str, address: str) -> None:
        assert (await documents.get(f"query {name} {{me{{id}}}}", asked_by(address))).errors == ()
        done.append(name)

    much = [ask(f"A{number}", "203.0.113.7") for number in range(MOST_OF_ONE)]
    await asyncio.gather(*much, ask("B", "198.51.100.7"))
    assert done.index("B") <= 1


async def test_how_much_waits_is_bounded_for_one_and_for_all(
    documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "_SLICE", 0.0)

    async def ask(number: int, address: str) -> int:
        try:
            await documents.get(f"query Q{number} {{me{{id}}}}", asked_by(address))
        except Refused as error:
            return error.status
        return 200

    one = await asyncio.gather(*(ask(number, "203.0.113.7") for number in range(MOST_OF_ONE + 3)))
    assert one == [200] * MOST_OF_ONE + [429] * 3
    # Each of a /64 is the same. Who comes with a first one is let in beside those who have filled the room.
    networks = [f"2001:db8:{number % 3}::{number}" for number in range(MOST)] + ["198.51.100.7"] * 2
    many = await asyncio.gather(*(ask(number, address) for number, address in enumerate(networks, 100)))
    assert many == [200] * (MOST + 1) + [503]


async def test_what_is_kept_has_a_bound_and_refusals_are_not_kept(documents: Documents) -> None:
    for number in range(40):
        await documents.get(f"{{me{{id}}}} #{number}" + "x" * 15_000)
        await documents.get(f"{{nothing{number}}}")
    assert len(documents._kept) == 250_000 // 15_013
    assert documents._chars == sum(map(len, documents._kept)) <= 250_000


async def test_an_operation_is_found_by_name(documents: Documents) -> None:
    document = await documents.get("query A {me{id}} query B {me{email}}")
    assert document.operation(None) is None
    assert document.operation("C") is None
    found = document.operation("B")
    assert found is not None
    assert found.node.name is not None
    assert found.node.name.value == "B"


def test_a_long_string_is_found_wherever_it_is() -> None:
    long = "x" * (MAX_STRING_CHARS + 1)
    assert check_strings({"a": long[:-1], "b": [1, {"c": None}]}) is None
    assert check_strings({"input": {"variants": [{}, {"title": long}]}}) == "input.variants.1.title"
