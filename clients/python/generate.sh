#!/bin/sh
# Write rushcart_client/generated/ from ../../schema.graphql and queries.graphql. ariadne-codegen wants another
# graphql-core than the server, so it lives in an environment of its own, which is thrown away.
set -e
cd "$(dirname "$0")"
PYTHON=${PYTHON:-../../.venv/bin/python}
tool=$(mktemp -d)
trap 'rm -rf "$tool"' EXIT
"$PYTHON" -m venv "$tool"
"$tool/bin/pip" install --quiet --disable-pip-version-check ariadne-codegen==0.19.0
rm -rf rushcart_client/generated
PYTHONPATH=. "$tool/bin/ariadne-codegen" >/dev/null
# A value that a later server adds is no error.
sed -i.was -e 's/(str, Enum)/(OpenEnum)/' -e 's/^from enum import Enum$/from rushcart_client.open_enum import OpenEnum/' \
    rushcart_client/generated/enums.py
rm rushcart_client/generated/enums.py.was
"$PYTHON" -m ruff format --quiet --config line-length=115 rushcart_client/generated
"$PYTHON" made_of.py > rushcart_client/generated/made_of.txt
