#!/usr/bin/env bash
# cloudevents 10.0.0 (JavaScript), its HTTP part
#
# Expected: the type of a structured event may have parameters, which are written in any case: charset=UTF-8 and
# charset=utf-8 are the same (RFC 9110, 8.3.2).
# Seen: it compares texts: "; charset=utf-8" is read, "; charset=UTF-8" and ";charset=utf-8" are refused as an
# invalid content type. Many senders write one of these two.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

cd "$work"
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund cloudevents@10.0.0
cat >look.js <<'JS'
import { HTTP } from "cloudevents";

const body = JSON.stringify({ specversion: "1.0", type: "order.placed", source: "/shop", id: "1", data: { units: 1 } });
for (const parameters of ["", "; charset=utf-8", "; charset=UTF-8", ";charset=utf-8"]) {
  const headers = { "content-type": `application/cloudevents+json${parameters}` };
  try {
    console.log(`"${parameters}": ${HTTP.toEvent({ headers, body }).type}`);
  } catch (error) {
    console.log(`"${parameters}": ${error.constructor.name}`);
  }
}
JS
seen="$(node look.js)"
expected="$(
  cat <<'SEEN'
"": order.placed
"; charset=utf-8": order.placed
"; charset=UTF-8": ValidationError
";charset=utf-8": ValidationError
SEEN
)"

echo "$seen"
[ "$seen" = "$expected" ] || {
  printf 'This has changed. It was:\n%s\n' "$expected" >&2
  exit 1
}
