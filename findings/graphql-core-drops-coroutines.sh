#!/usr/bin/env bash
# graphql-core 3.3.2
#
# Expected: when a field fails, what its siblings were to wait for is awaited or closed.
# Seen: when a field fails in the turn of the event loop before its siblings' items begin to be awaited, each
# resolver's coroutine of those items, where each has two fields or more, is dropped: Python warns that it "was
# never awaited". When it fails a turn later, none is.
# With warnings as errors a test run may fail by it, anywhere, once the garbage collector comes.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'graphql-core==3.3.2'
cat >"$work/look.py" <<'PY'
import asyncio
import gc
import warnings

from graphql import (
    GraphQLField, GraphQLList, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, GraphQLString, execute, parse,
)


async def name(*_):
    await asyncio.sleep(0)
    return "name"


async def shirts(*_):
    return ["shirt"] * 3


def failing_after(turns):
    async def fail(*_):
        for _ in range(turns):
            await asyncio.sleep(0)
        raise ValueError("sold out")

    return fail


async def look(turns):
    text = GraphQLNonNull(GraphQLString)
    shirt = GraphQLObjectType("Shirt", {field: GraphQLField(text, resolve=name) for field in ("name", "colour")})
    fields = {
        "fails": GraphQLField(text, resolve=failing_after(turns)),
        "shirts": GraphQLField(GraphQLList(GraphQLNonNull(shirt)), resolve=shirts),
    }
    document = parse("{ fails shirts { name colour } }")
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        await execute(GraphQLSchema(GraphQLObjectType("Query", fields)), document)
        await asyncio.sleep(0.01)
        gc.collect()
    print(f"fails after {turns} turns: {len(seen)} coroutines of 6 dropped")


for turns in (0, 1):
    asyncio.run(look(turns))
PY
seen="$("$work/venv/bin/python" "$work/look.py")"
expected="$(
  cat <<'SEEN'
fails after 0 turns: 6 coroutines of 6 dropped
fails after 1 turns: 0 coroutines of 6 dropped
SEEN
)"

echo "$seen"
[ "$seen" = "$expected" ] || {
  printf 'This has changed. It was:\n%s\n' "$expected" >&2
  exit 1
}
