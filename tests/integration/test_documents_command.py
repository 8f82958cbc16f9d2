"""``rushcart documents``, as a process of its own."""

from pathlib import Path

import orjson

from infra.runtime import Infra
from services.document.list_documents import list_documents
from tests.commands import rushcart
from tests.modes import ONE_MODE

pytestmark = ONE_MODE
GOOD = "query Kinds {\n  __typename\n}"


async def test_a_list_is_loaded_whole_or_not_at_all(infra: Infra, tmp_path: Path) -> None:
    file = tmp_path / "persisted-documents.json"

    def write(**more: object) -> str:
        file.write_bytes(orjson.dumps({"a1": GOOD, "b2": "{ categories { slug } }", **more}))
        return str(file)

    wrong = {"c3": "query {\n  me { nothing }\n}", "d4": "{", "e5": 5, "f6": "{ me { " + "id " * 600 + "} }"}
    refused = await rushcart(infra, "documents", "load", write(**wrong))
    assert refused.returncode == 1
    told = dict(line.split(": ", 1) for line in refused.stderr.splitlines())
    assert told["c3"] == "2:8: Cannot query field 'nothing' on type 'User'."
    assert told["d4"].startswith("1:2: Syntax Error")
    assert told["e5"] == "there is no text"
    assert "601 fields; at most 500" in told["f6"]
    assert told["Error"] == "4 of 6 documents cannot be run. None was loaded."
    assert await list_documents(infra) == []
    checked = await rushcart(infra, "documents", "load", "--check", write())
    assert (checked.returncode, checked.stdout) == (0, "2 documents are right.\n")
    assert await list_documents(infra) == []
    for new in (2, 0):
        loaded = await rushcart(infra, "documents", "load", write())
        assert loaded.stdout == f"2 documents loaded, {new} of them new.\n", loaded.stderr
    shown = (await rushcart(infra, "documents", "list")).stdout.splitlines()
    assert [line.split()[::3] for line in shown] == [["b2"], ["a1", "Kinds"]]
    assert (await rushcart(infra, "documents", "remove", "a1", "z9")).returncode == 1
    assert (await rushcart(infra, "documents", "remove")).returncode == 2
    assert (await rushcart(infra, "documents", "remove", "a1")).stdout == "1 documents removed.\n"
    assert (await rushcart(infra, "documents", "remove", "--all")).stdout == "1 documents removed.\n"
    file.write_text("[]")
    assert "must be an object" in (await rushcart(infra, "documents", "load", str(file))).stderr
