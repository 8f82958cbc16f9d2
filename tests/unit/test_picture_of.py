"""Pictures are rendered one at a time, in processes that may not take more than they need and know no secret."""

import asyncio
import io
import json
import struct
import sys
import zlib
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from services.media import picture_of as pictures
from services.media.picture_of import picture_of
from services.media.render_alone import render_alone
from services.media.rules import MAX_PIXELS, Upload
from services.shared.errors import InvalidInput, TryAgain
from tests.pictures import jpeg

SIDE = 5000
MIB = 1024 * 1024


def plain_png(side: int) -> bytes:
    """A grey square, made without ever having its pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(1)
    rows = b"".join([packer.compress(b"\0" + b"\x80" * 3 * side) for _ in range(side)]) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def upload(content: bytes) -> Upload:
    return Upload(io.BytesIO(content), len(content))


def rendering() -> int:
    """How many processes do it."""
    found = 0
    for child in psutil.Process().children():
        try:
            found += "services.media.render_alone" in child.cmdline()
        except psutil.Error:  # it has just ended
            continue
    return found


def peak(*, anew: bool = False) -> int:
    if anew:
        Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_the_largest_picture_takes_its_memory_elsewhere() -> None:
    assert SIDE * SIDE == MAX_PIXELS
    large = plain_png(SIDE)
    before, at_once = peak(anew=True), {0}
    both = asyncio.gather(picture_of(upload(large)), picture_of(upload(jpeg())))
    while not both.done():
        at_once.add(await asyncio.to_thread(rendering))
    first, second = await both
    assert (first.width, first.height, sorted(first.thumbnails)) == (SIDE, SIDE, [160, 480, 1024])
    assert (second.width, second.height, sorted(second.thumbnails)) == (600, 300, [160, 480])
    assert at_once == {0, 1}
    assert peak() - before < 50 * MIB


async def test_what_takes_too_much_is_refused_and_the_next_is_rendered(monkeypatch: pytest.MonkeyPatch) -> None:
    large = plain_png(SIDE)
    for name, value, content in (
        ("_MEMORY", 150 * MIB, large),
        ("_SECONDS", 0, jpeg()),
        ("_WITHIN", 0.001, jpeg()),
    ):
        with monkeypatch.context() as changed:
            changed.setattr(pictures, name, value)
            with pytest.raises(InvalidInput) as refused:
                await picture_of(upload(content))
        assert refused.value.problems[0].path == ("input", "file")
        assert refused.value.problems[0].message == "cannot be read: it takes too much memory or time"
    assert (await picture_of(upload(jpeg()))).width == 600


@pytest.fixture
def folder_with_other_services(tmp_path: Path) -> Path:
    (tmp_path / "services").mkdir()
    (tmp_path / "services" / "__init__.py").write_text("raise SystemExit('not ours')")
    return tmp_path


async def test_it_knows_no_secret_and_nothing_of_the_folder(
    monkeypatch: pytest.MonkeyPatch, folder_with_other_services: Path
) -> None:
    monkeypatch.setenv("RUSHCART_SIGNING_KEY", "secret")
    assert "secret" not in pictures._environment().values()
    monkeypatch.chdir(folder_with_other_services)
    assert (await picture_of(upload(jpeg()))).name.endswith(".jpg")


async def test_few_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_MOST_WAITING", 1)
    first, second = await asyncio.gather(
        picture_of(upload(jpeg())), picture_of(upload(jpeg())), return_exceptions=True
    )
    assert (isinstance(first, TryAgain), isinstance(second, TryAgain)) == (False, True)


def test_a_refusal_and_its_reason_are_passed_on() -> None:
    assert json.loads(render_alone(b"<svg/>")) == {
        "bad": "must be a JPEG, PNG, WebP, GIF or AVIF image",
        "reason": "",
    }
    damaged = json.loads(render_alone(jpeg()[:300]))
    assert damaged["bad"] == "cannot be read: it is damaged, or no whole JPEG file"
    assert damaged["reason"]
