"""Write src/keyed.ts: the inputs of schema.graphql that take an idempotency key."""

from pathlib import Path
from typing import Final

from graphql import GraphQLInputObjectType, build_schema

HERE: Final = Path(__file__).parent
_HEAD: Final = "/** The inputs that take an `idempotencyKey`. Written by `make schema`. */\n"


def keyed(schema: str) -> str:
    """Returns the file's text."""
    inputs = (one for one in build_schema(schema).type_map.values() if isinstance(one, GraphQLInputObjectType))
    names = sorted(one.name for one in inputs if "idempotencyKey" in one.fields)
    listed = "".join(f'  "{name}",\n' for name in names)
    return f"{_HEAD}export const KEYED: ReadonlySet<string> = new Set([\n{listed}]);\n"


if __name__ == "__main__":
    (HERE / "src" / "keyed.ts").write_text(keyed((HERE.parents[1] / "schema.graphql").read_text()))
