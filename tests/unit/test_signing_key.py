import multiprocessing
import stat
from pathlib import Path

import pytest
from joserfc.jwk import ECKey, RSAKey
from pydantic import SecretStr

from infra.settings import Settings
from infra.signing_key import BadSigningKey, load_signing_key


def _thumbprint(home: Path) -> str | None:
    return load_signing_key(Settings(home=home)).kid


def test_the_key_is_made_once_for_the_owner_alone(tmp_path: Path) -> None:
    first = _thumbprint(tmp_path)
    assert first is not None
    assert _thumbprint(tmp_path) == first
    [file] = (tmp_path / "keys").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        kids = pool.map(_thumbprint, [tmp_path] * 16, chunksize=1)
    assert len(set(kids)) == 1
    assert len(list((tmp_path / "keys").iterdir())) == 1


def test_the_settings_come_first(tmp_path: Path) -> None:
    key = ECKey.generate_key("P-256")
    pem = key.as_pem(private=True).decode()
    assert load_signing_key(Settings(home=tmp_path, signing_key=SecretStr(pem))).kid == key.thumbprint()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "pem",
    [
        "nonsense",
        ECKey.generate_key("P-256").as_pem(private=False).decode(),
        ECKey.generate_key("P-384").as_pem(private=True).decode(),
        RSAKey.generate_key(2048).as_pem(private=True).decode(),
    ],
    ids=["nonsense", "public", "another curve", "RSA"],
)
def test_another_key_is_refused_by_name_and_not_shown(tmp_path: Path, pem: str) -> None:
    with pytest.raises(BadSigningKey, match=r"^RUSHCART_SIGNING_KEY holds no ES256 private key in PEM$"):
        load_signing_key(Settings(home=tmp_path, signing_key=SecretStr(pem)))


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    _thumbprint(tmp_path)
    [file] = (tmp_path / "keys").iterdir()
    file.write_bytes(b"")
    with pytest.raises(BadSigningKey, match=str(file)):
        load_signing_key(Settings(home=tmp_path))
