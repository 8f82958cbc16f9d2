#!/usr/bin/env bash
# strawberry-graphql 0.341.2
#
# Expected: MaskErrors hides what resolvers raise, and leaves what the client itself wrote wrongly.
# Seen: a misspelt field and a syntax error are "Unexpected error." too, so a developer cannot see what is wrong with
# a query. Instead: a should_mask_error that lets errors without an original_error through.
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
from strawberry.extensions import MaskErrors


@strawberry.type
class Query:
    @strawberry.field
    def hello(self) -> str:
        raise RuntimeError("secret")


def ask(masking):
    schema = strawberry.Schema(Query, extensions=[masking])
    for query in ("{ hello }", "{ helo }", "{ hello"):
        [error] = schema.execute_sync(query).errors
        print(f"{query} -> {error.message}")


ask(MaskErrors)
print("with should_mask_error:")
ask(lambda: MaskErrors(should_mask_error=lambda error: error.original_error is not None))
PY
)" || {
  cat "$work/errors" >&2
  exit 1
}
expected="$(
  cat <<'SEEN'
{ hello } -> Unexpected error.
{ helo } -> Unexpected error.
{ hello -> Unexpected error.
with should_mask_error:
{ hello } -> Unexpected error.
{ helo } -> Cannot query field 'helo' on type 'Query'. Did you mean 'hello'?
{ hello -> Syntax Error: Expected Name, found <EOF>.
SEEN
)"

echo "$seen"
[ "$seen" = "$expected" ] || {
  printf 'This has changed. It was:\n%s\n' "$expected" >&2
  exit 1
}
