#!/usr/bin/env bash
# hypothesis-graphql 0.13.5 with graphql-core 3.3.2
#
# Expected: queries() makes queries that are valid for the schema.
# Seen: for an input with @oneOf it fills in none, several or null fields as for any other input, and graphql-core
# refuses these: more than a third of what it makes. The same schema without @oneOf: none is refused.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

export TMPDIR="$work"
cd "$work"

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  'hypothesis-graphql==0.13.5' 'graphql-core==3.3.2' 'hypothesis==6.170.17'

seen="$("$work/venv/bin/python" -W ignore - 2>"$work/errors" <<'PY'
import graphql
from hypothesis import HealthCheck, given, settings
from hypothesis_graphql import queries


def refused(schema_text):
    schema, found, made = graphql.build_schema(schema_text), [], []

    @settings(max_examples=200, deadline=None, database=None, derandomize=True, suppress_health_check=HealthCheck)
    @given(queries(schema))
    def look(query):
        made.append(query)
        found.extend(graphql.validate(schema, graphql.parse(query))[:1])

    look()
    return len(found) / len(made), {error.message for error in found}


plain = "input By { id: ID slug: String } type Query { product(by: By!): Int }"
share, messages = refused(plain.replace("By {", "By @oneOf {"))
print("with @oneOf: more than a third refused:", share > 1 / 3)
print("\n".join(sorted(messages)))
print("without: refused:", refused(plain)[0])
PY
)" || {
  cat "$work/errors" >&2
  exit 1
}
expected="$(
  cat <<'SEEN'
with @oneOf: more than a third refused: True
Within OneOf Input Object type 'By', exactly one field must be specified, and the value for that field must be non-null.
without: refused: 0.0
SEEN
)"

echo "$seen"
[ "$seen" = "$expected" ] || {
  printf 'This has changed. It was:\n%s\n' "$expected" >&2
  exit 1
}
