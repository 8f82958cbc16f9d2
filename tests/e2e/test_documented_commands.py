"""Every command that a document shows is run, here or by the test that is named."""

import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest
from pydantic import SecretStr

from infra.signing_keys import SigningKeys
from settings import Settings
from tests.documents import ROOT, commands
from tests.e2e.running import rushcart

pytestmark = pytest.mark.timeout(300)
# On a shop with products: the command, and how it ends. ID is of nothing, FILE is one that there is.
RUN: Final[dict[str, set[int]]] = {
    "rushcart --version": {0},
    "rushcart admin grant ada@example.com ADMIN": {1},
    "rushcart admin list": {0},
    "rushcart cache clear": {0},
    "rushcart cache warm": {0},
    "rushcart chaos --list": {0},
    "rushcart db lint": {0},
    "rushcart db upgrade": {0},
    "rushcart dlq list": {0},
    "rushcart dlq replay": {2},
    "rushcart dlq replay ID": {1},
    "rushcart dlq show ID": {1},
    "rushcart docs asyncapi": {0},
    "rushcart docs asyncapi --output docs/asyncapi.json": {0},
    "rushcart export orders FILE": {0},
    "rushcart export products FILE": {0},
    "rushcart import products FILE": {0},
    "rushcart instances": {2},
    "rushcart keys rotate": {0},
    "rushcart media gc --unused-for HOURS": {0},
    "rushcart payments reconcile": {0},
    "rushcart reconcile --fix": {0},
    "rushcart saga list": {0},
    "rushcart saga resume ID": {1, 2},
    "rushcart saga show ID": {1, 2},
    "rushcart schema check": {0},
    "rushcart schema export --federation --output rushcart.graphql": {0},
    "rushcart schema export --output schema.graphql": {0},
    "rushcart schema export --possible-types --output possible-types.json": {0},
    "rushcart search reindex": {0},
    "rushcart seed --products 100000": {0},
    "rushcart token create 'warehouse system' --scope STOCK_WRITE --scope ORDERS_READ --days 365": {0},
    "rushcart token list": {0},
    "rushcart token revoke 01a210b8f51676fc9e8556c576bab262": {1},
}
# What starts servers, or takes minutes.
ELSEWHERE: Final = {
    "rushcart bench": "tests/e2e/test_benchmarks.py",
    "rushcart chaos": "tests/integration/stack/test_several_nodes.py",
    "rushcart dev": "tests/e2e/test_commands.py",
    "rushcart documents": "tests/integration/test_documents_command.py",
    "rushcart docs write": "tests/unit/test_readme.py",
    "rushcart doctor": "tests/e2e/test_doctor.py",
    "rushcart fuzz": "tests/integration/test_fuzz.py",
    "rushcart health": "tests/e2e/test_doctor.py",
    "rushcart instances --watch": "tests/e2e/test_discovery.py",
    "rushcart import stock": "tests/integration/test_import_command.py",
    "rushcart reconcile": "tests/e2e/test_commands_stack.py",
    "rushcart scheduler": "tests/e2e/test_commands_stack.py",
    "rushcart serve": "tests/e2e/test_commands_stack.py",
    "rushcart stack": "tests/integration/stack",
    "rushcart worker": "tests/e2e/test_commands_stack.py",
}
GROUPS: Final = {"cache", "db", "dlq", "docs", "export", "import", "keys", "mail", "media", "payments", "saga",
                 "schema", "search", "seed", "token", "admin"}  # fmt: skip


def is_known(shown: str) -> bool:
    words = shown.split()
    if shown in RUN or (len(words) == 2 and words[1] in GROUPS):
        return True
    return any(shown == start or shown.startswith(f"{start} ") for start in ELSEWHERE)


def test_every_command_is_run_somewhere() -> None:
    assert [shown for shown in sorted(commands()) if not is_known(shown)] == []
    files = [where for where in ELSEWHERE.values() if where.startswith("tests/")]
    assert [where for where in files if not (ROOT / where).exists()] == []


def test_commands_on_a_shop(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert rushcart(home, "db", "upgrade").returncode == 0
    file = tmp_path / "shop.csv"
    file.write_text((ROOT / "services" / "demo" / "catalog.csv").read_text())
    for shown, codes in RUN.items():
        orders = tmp_path / "orders.csv"
        place = orders if shown.startswith("rushcart export") else file
        given = {
            "100000": "60",
            "ID": "nothing",
            "HOURS": "48",
            "FILE": str(place),
            "rushcart.graphql": str(tmp_path / "f.graphql"),
            "schema.graphql": str(tmp_path / "s.graphql"),
            "possible-types.json": str(tmp_path / "p.json"),
            "docs/asyncapi.json": str(tmp_path / "a.json"),
        }
        words = [given.get(word, word) for word in shlex.split(shown)[1:]]
        ended = rushcart(home, *words)
        assert ended.returncode in codes, f"{shown}: {ended.returncode}\n{ended.stdout}{ended.stderr}"
        assert "Traceback" not in ended.stderr, shown
        orders.unlink(missing_ok=True)


def test_the_key_of_the_deployment_guide(tmp_path: Path) -> None:
    """Its line makes a key that signs."""
    text = (ROOT / "docs" / "deploy.md").read_text()
    line = "openssl ecparam" + text.partition("`openssl ecparam")[2].partition("`")[0]
    subprocess.run(["/bin/sh", "-c", line], cwd=tmp_path, check=True, capture_output=True)
    key = (tmp_path / "signing-key.pem").read_text()
    keys = SigningKeys.from_settings(Settings(home=tmp_path, signing_key=SecretStr(key)))
    assert len(keys.all) == 1


def test_the_manifests_of_the_deployment_guide() -> None:
    if (kubectl := shutil.which("kubectl")) is None:
        pytest.skip("there is no kubectl to put the manifests together")
    ended = subprocess.run(
        [kubectl, "kustomize", str(ROOT / "deploy/kubernetes")], capture_output=True, text=True, check=True
    )
    assert ended.stdout.count("\nkind: Deployment\n") == 3
