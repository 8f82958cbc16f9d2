#!/usr/bin/env bash
# strawberry-graphql 0.341.2
#
# Expected: with ValidationCache the same query is validated once, whatever other extensions the schema has.
# Seen: add a limiter in the way that makes one for each request (a function that returns MaxAliasesLimiter or
# QueryDepthLimiter) and every request is validated anew: five of five miss. The limiter makes a rule class of its
# own each time, and the rules are part of the cache's key. The cache fills with entries that are never hit.
# Instead: make the list of rules once and give it to AddValidationRules.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

export TMPDIR="$work"
cd "$work"

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  'strawberry-graphql==0.341.2' 'graphql-core==3.3.2'

seen="$("$work/venv/bin/python" -W ignore - 2>"$work/errors" <<'PY'
import strawberry
from strawberry.extensions import AddValidationRules, MaxAliasesLimiter, QueryDepthLimiter, ValidationCache


@strawberry.type
class Query:
    @strawberry.field
    def hello(self) -> str:
        return "hello"


def hits(name, *others):
    cache = ValidationCache().cached_validate_document
    cache.cache_clear()
    schema = strawberry.Schema(Query, extensions=[ValidationCache, *others])
    for _ in range(5):
        assert schema.execute_sync("{ hello }").data == {"hello": "hello"}
    info = cache.cache_info()
    print(f"{name}: {info.hits} hits, {info.misses} misses")


hits("alone")
hits("aliases", lambda: MaxAliasesLimiter(15))
hits("depth", lambda: QueryDepthLimiter(10))
hits("rules made once", lambda: AddValidationRules([]))
PY
)" || {
  cat "$work/errors" >&2
  exit 1
}
expected="$(
  cat <<'SEEN'
alone: 4 hits, 1 misses
aliases: 0 hits, 5 misses
depth: 0 hits, 5 misses
rules made once: 4 hits, 1 misses
SEEN
)"

echo "$seen"
[ "$seen" = "$expected" ] || {
  printf 'This has changed. It was:\n%s\n' "$expected" >&2
  exit 1
}
