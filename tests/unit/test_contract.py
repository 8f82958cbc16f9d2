"""The exported schema holds all of the contract, apart from a list of what is still to come."""

from pathlib import Path

from graphql import (
    BreakingChangeType,
    GraphQLSchema,
    build_schema,
    find_breaking_changes,
    specified_directives,
)

from graphql_api.schema import build_schema as build_rushcart

CONTRACT = Path(__file__).parent.parent / "contract.graphql"
# One line a breaking change that is known. It only ever shrinks, and is gone when the contract is met.
TO_COME = Path(__file__).with_name("contract_to_come.txt")


def _changes(exported: GraphQLSchema) -> set[str]:
    built_in = {directive.name for directive in specified_directives}
    contract = build_schema(CONTRACT.read_text(encoding="utf-8"))
    return {
        change.description
        for change in find_breaking_changes(contract, exported)
        if not _is_about_directive(change.type, change.description, built_in)
    }


def _is_about_directive(type_: BreakingChangeType, description: str, names: set[str]) -> bool:
    return "DIRECTIVE" in type_.name and any(name in description for name in names)


def _to_come() -> set[str]:
    return set(TO_COME.read_text(encoding="utf-8").splitlines()) if TO_COME.exists() else set()


def test_nothing_of_the_contract_is_broken() -> None:
    broken = _changes(build_rushcart()._schema) - _to_come()
    assert not broken, "breaks the contract:\n" + "\n".join(sorted(broken))


def test_the_list_names_only_what_is_not_there_yet() -> None:
    there = _to_come() - _changes(build_rushcart()._schema)
    assert not there, f"remove from {TO_COME.name}, it is there by now:\n" + "\n".join(sorted(there))


def test_a_broken_contract_is_noticed() -> None:
    sdl = CONTRACT.read_text(encoding="utf-8").replace("  me: User\n", "  me: User!\n  extra: Int\n")
    sdl = sdl.replace("type Money { amount: Decimal!", "type Money { amount: Decimal")
    assert _changes(build_schema(sdl)) == {"Field Money.amount changed type from Decimal! to Decimal."}
