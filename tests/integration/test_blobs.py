"""Both stores of files: a folder, and a bucket of a server that speaks S3."""

import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from infra.blobs import BlobStore, open_blobs
from infra.blobs.protocol import BadName
from infra.clock import utc_now
from infra.errors import StoreUnavailable
from settings import Settings
from settings.errors import BadSetting
from tests.go_program import BUILDING
from tests.integration.s3_server import s3_server

pytestmark = pytest.mark.timeout(BUILDING)

NAME = "ab" + "c" * 62 + "-160.webp"
CONTENT = bytes(range(256)) * 1000


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    with s3_server(tmp_path_factory.mktemp("s3")) as settings:
        yield settings


@pytest.fixture(params=["folder", "s3"])
async def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[BlobStore]:
    settings = Settings(home=tmp_path) if request.param == "folder" else request.getfixturevalue("bucket")
    opened = open_blobs(settings, utc_now)
    yield opened
    await opened.delete(NAME)
    await opened.close()


async def read(blobs: BlobStore, start: int, length: int) -> bytes:
    return b"".join([piece async for piece in blobs.read(NAME, start, length)])


async def test_what_is_put_is_read_in_whole_and_in_part_and_deleted(blobs: BlobStore) -> None:
    assert await blobs.size(NAME) is None
    for _ in range(2):  # the same again is no error
        await blobs.put(NAME, CONTENT, "image/webp")
        assert await blobs.size(NAME) == len(CONTENT)
    assert await read(blobs, 0, len(CONTENT)) == CONTENT
    assert await read(blobs, 70_000, 100_000) == CONTENT[70_000:170_000]
    assert await read(blobs, len(CONTENT) - 1, 1) == CONTENT[-1:]
    for _ in range(2):
        await blobs.delete(NAME)
        assert await blobs.size(NAME) is None
    with pytest.raises(StoreUnavailable):
        await read(blobs, 0, 10)


@pytest.mark.parametrize(
    "name", ["../rushcart.db", "..", "a/../../b.jpg", "/etc/passwd", ".hidden", "a\0b.jpg", ""]
)
async def test_no_name_leads_elsewhere(blobs: BlobStore, name: str) -> None:
    with pytest.raises(BadName):
        await blobs.put(name, b"x", "image/webp")
    with pytest.raises(BadName):
        await blobs.size(name)
    with pytest.raises(BadName):
        await blobs.delete(name)


async def test_a_folder_has_no_half_files(tmp_path: Path) -> None:
    folder = open_blobs(Settings(home=tmp_path), utc_now)
    await folder.put(NAME, CONTENT, "image/webp")
    [file] = [path for path in (tmp_path / "media").rglob("*") if path.is_file()]
    assert file == tmp_path / "media" / "ab" / NAME
    file.unlink()
    file.mkdir()  # what cannot be written over, also by root
    with pytest.raises(StoreUnavailable):
        await folder.put(NAME, CONTENT, "image/webp")
    assert [path.name for path in file.parent.iterdir()] == [NAME]


async def test_a_wrong_secret_is_refused(bucket: Settings) -> None:
    wrong = bucket.model_copy(update={"s3_secret_access_key": SecretStr("wrong")})
    blobs = open_blobs(wrong, utc_now)
    with pytest.raises(StoreUnavailable):
        await blobs.put(NAME, CONTENT, "image/webp")
    with pytest.raises(StoreUnavailable):
        await blobs.size(NAME)
    await blobs.close()


async def test_a_server_that_is_not_there_or_says_nothing(bucket: Settings) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        update = {"s3_endpoint": f"http://127.0.0.1:{silent.getsockname()[1]}", "store_timeout": 0.3}
        blobs = open_blobs(bucket.model_copy(update=update), utc_now)
        with pytest.raises(StoreUnavailable):
            await blobs.size(NAME)
        await blobs.close()


def test_a_bucket_needs_its_keys() -> None:
    with pytest.raises(BadSetting, match="RUSHCART_S3_ACCESS_KEY_ID"):
        open_blobs(Settings(media_store="s3://pictures"), utc_now)


@pytest.mark.parametrize(
    "wrong", [{"media_store": "gs://x"}, {"media_store": "s3://"}, {"s3_endpoint": "http://x.test/path"}]
)
def test_settings_that_cannot_be(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"media_store|s3_endpoint"):
        Settings(**wrong)  # type: ignore[arg-type]
