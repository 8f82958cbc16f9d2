"""The documents' lines with curl, run as they are shown but for the address, ids and the token."""

import asyncio
import json
import os
import re
import shutil
from pathlib import Path

import pytest

from tests.documents import ROOT
from tests.e2e.shop import Shop
from tests.modes import ONE_MODE
from tests.pictures import jpeg
from tests.server import Server

pytestmark = [pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl"), ONE_MODE]
_CURL = re.compile(r"^(?:\$ )?(curl (?:.*\\\n|.*\n(?= {6}))*.*)", re.MULTILINE)


def shown(document: str, server: Server, of: str) -> str:
    """The only one there, for this server; ``of`` stands where the document has an ellipsis."""
    [line] = _CURL.findall((ROOT / "docs" / document).read_text(encoding="utf-8"))
    return str(line).replace("http://127.0.0.1:8000", server.url).replace("…", of)


async def shell(line: str, folder: Path, **variables: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        "/bin/sh", "-c", f"exec {line}", cwd=folder, env=os.environ | variables,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def test_an_image_is_uploaded(shop: Shop, tmp_path: Path) -> None:
    staff = await shop.staff()
    offer = await shop.offer(staff)
    (tmp_path / "front.jpg").write_bytes(jpeg())
    running = await shell(shown("media.md", shop.server, offer.product_id), tmp_path, TOKEN=staff.token)
    output, errors = await running.communicate()
    assert running.returncode == 0, errors
    image = json.loads(output)["data"]["addProductImage"]["image"]
    assert image["url"].startswith(f"{shop.server.url}/media/")


async def test_what_is_left_is_followed(shop: Shop, tmp_path: Path) -> None:
    offer = await shop.offer(await shop.staff(), quantity=5)
    running = await shell(shown("subscriptions.md", shop.server, offer.item_id), tmp_path)
    assert running.stdout is not None
    try:
        async with asyncio.timeout(30):
            lines = [await running.stdout.readline() for _ in range(4)]
    finally:
        running.terminate()
        await running.communicate()
    told = {"data": {"flashSaleRemaining": {"remaining": 5}}}
    assert [line.strip() for line in lines[:3]] == [b":", b"", b"event: next"]
    assert json.loads(lines[3].removeprefix(b"data: ")) == told
