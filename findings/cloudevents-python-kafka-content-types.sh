#!/usr/bin/env bash
# cloudevents 1.12.0 (Python), its Kafka part
#
# Expected: what to_structured writes is a structured message by the Kafka binding (its header content-type says
# application/cloudevents+json), and from_structured gives the same event back.
# Seen: to_structured writes no such header, or the data's type as if it were the message's, so that consumers which
# go by it take the message for no event. Set it right, and Python's own from_structured reads it as the data's type:
# datacontenttype becomes that of the envelope, whatever the event said. And to_binary raises KeyError for an event
# without datacontenttype, which is optional.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

export TMPDIR="$work"
cd "$work"

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  'cloudevents==1.12.0'

seen="$("$work/venv/bin/python" -W ignore - 2>"$work/errors" <<'PY'
from cloudevents.http import CloudEvent
from cloudevents.kafka import KafkaMessage, from_structured, to_binary, to_structured

NEEDED = {"type": "order.placed", "source": "/shop", "id": "1"}
HEADER = {"content-type": b"application/cloudevents+json"}


def read(message, headers):
    return from_structured(KafkaMessage(headers=headers, key=message.key, value=message.value))


plain = to_structured(CloudEvent(NEEDED, {"units": 1}))
print("headers:", dict(plain.headers))
print("without header:", read(plain, {}).get_attributes().get("datacontenttype"))
print("with header:", read(plain, HEADER).get_attributes().get("datacontenttype"))
typed = to_structured(CloudEvent({**NEEDED, "datacontenttype": "application/json"}, {"units": 1}))
print("headers:", dict(typed.headers))
print("with header:", read(typed, HEADER).get_attributes().get("datacontenttype"))
try:
    to_binary(CloudEvent(NEEDED, {"units": 1}))
except KeyError as error:
    print("to_binary: KeyError", error)
PY
)" || {
  cat "$work/errors" >&2
  exit 1
}
expected="$(
  cat <<'SEEN'
headers: {}
without header: None
with header: application/cloudevents+json
headers: {'content-type': b'application/json'}
with header: application/cloudevents+json
to_binary: KeyError 'datacontenttype'
SEEN
)"

echo "$seen"
[ "$seen" = "$expected" ] || {
  printf 'This has changed. It was:\n%s\n' "$expected" >&2
  exit 1
}
