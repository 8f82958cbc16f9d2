"""``rushcart import products``, as a process of its own."""

import subprocess
import sys
from pathlib import Path

from sqlalchemy import func, select

from infra.runtime import Infra
from models import Product

EXAMPLE = Path(__file__).parents[2] / "examples" / "apparel.csv"
COMMAND = "from cli.import_ import import_; import_(prog_name='rushcart import')"


def run(infra: Infra, *arguments: str) -> "subprocess.CompletedProcess[str]":
    settings = infra.settings
    environment = {
        "RUSHCART_HOME": str(settings.home),
        "RUSHCART_DATABASE_URL": settings.database_url.get_secret_value() if settings.database_url else "",
        "RUSHCART_REDIS_URL": settings.redis_dsn,
        "RUSHCART_KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers or "",
    }
    return subprocess.run(
        [sys.executable, "-c", COMMAND, "products", *arguments],
        env=environment,
        cwd=EXAMPLE.parents[1],
        capture_output=True,
        text=True,
        timeout=60,
    )


async def products(infra: Infra) -> int:
    async with infra.database.read() as session:
        return await session.scalar(select(func.count()).select_from(Product)) or 0


async def test_a_file_is_imported_once_however_often(infra: Infra) -> None:
    first = run(infra, str(EXAMPLE))
    assert (first.returncode, first.stdout) == (
        0,
        "20 products created, 0 updated, 0 unchanged; 22 new variants.\n",
    ), first.stderr
    assert "20/20" in first.stderr
    again = run(infra, str(EXAMPLE))
    assert (again.returncode, again.stdout) == (
        0,
        "0 products created, 0 updated, 20 unchanged; 0 new variants.\n",
    )
    assert await products(infra) == 20


async def test_faults_are_a_table_and_nothing_is_imported(infra: Infra, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_bytes(b"Handle,Title,Variant Price\r\na,A,1\r\nb,[red]\xff,abc\r\n")
    refused = run(infra, str(file))
    assert refused.returncode == 1
    cells = [
        [cell.strip() for cell in line.split("│")[1:-1]] for line in refused.stdout.splitlines() if "│" in line
    ]
    assert cells == [
        ["3", "Title", "is not UTF-8 text"],
        ["3", "Variant Price", "'abc' must be a plain decimal number such as 19.90"],
    ]
    assert await products(infra) == 0


async def test_a_file_can_be_checked_without_any_store(infra: Infra) -> None:
    checked = run(infra, "--check", str(EXAMPLE))
    assert (checked.returncode, checked.stdout) == (0, "20 products, no problem found.\n")
    assert await products(infra) == 0


async def test_the_currency_is_one_there_is(infra: Infra) -> None:
    refused = run(infra, "--currency", "XYZ", str(EXAMPLE))
    assert refused.returncode == 2
    assert "XYZ is not an ISO 4217 currency code" in refused.stderr
