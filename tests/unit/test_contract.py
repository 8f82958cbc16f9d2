"""The exported schema holds all of the contract."""

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


def test_nothing_of_the_contract_is_broken() -> None:
    broken = _changes(build_rushcart()._schema)
    assert not broken, "breaks the contract:\n" + "\n".join(sorted(broken))


def test_a_broken_contract_is_noticed() -> None:
    sdl = CONTRACT.read_text(encoding="utf-8").replace("  me: User\n", "  me: User!\n  extra: Int\n")
    sdl = sdl.replace("type Money { amount: Decimal!", "type Money { amount: Decimal")
    assert _changes(build_schema(sdl)) == {"Field Money.amount changed type from Decimal! to Decimal."}
