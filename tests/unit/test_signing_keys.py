import multiprocessing
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from joserfc.jwk import ECKey, RSAKey
from pydantic import SecretStr

from infra.clock import to_millis
from infra.signing_keys import BadSigningKey, KeyFolder, SigningKeys
from settings import Settings

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def _kid(home: Path) -> str:
    return SigningKeys.from_settings(Settings(home=home)).current(NOW).kid


def _of_setting(*keys: ECKey) -> Settings:
    pem = "\n".join(key.as_pem(private=True).decode() for key in keys)
    return Settings(signing_key=SecretStr(pem))


def test_the_key_is_made_once_for_the_owner_alone(tmp_path: Path) -> None:
    first = _kid(tmp_path)
    assert _kid(tmp_path) == first
    [file] = (tmp_path / "keys").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        kids = pool.map(_kid, [tmp_path] * 16, chunksize=1)
    assert len(set(kids)) == 1
    assert len(list((tmp_path / "keys").iterdir())) == 1


def test_of_the_setting_the_first_signs_and_all_verify(tmp_path: Path) -> None:
    first, second = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
    keys = SigningKeys.from_settings(_of_setting(first, second).model_copy(update={"home": tmp_path}))
    assert keys.current(NOW).kid == first.thumbprint()
    assert keys.get(second.thumbprint()) is not None
    assert list(tmp_path.iterdir()) == []
    keys.look()
    assert keys.generation == 1


def test_a_running_process_finds_a_new_key_before_it_signs(tmp_path: Path) -> None:
    running = SigningKeys.from_settings(Settings(home=tmp_path))
    old = running.current(NOW)
    new = KeyFolder(tmp_path).add(to_millis(NOW) + 3000)
    assert running.get(new.kid) is None
    running.look()
    assert running.get(new.kid) is not None
    assert running.current(NOW) == running.all[0]
    assert running.current(NOW).kid == old.kid
    assert running.current(NOW + timedelta(seconds=3)).kid == new.kid
    generation = running.generation
    running.look()
    assert running.generation == generation


def test_two_who_rotate_at_once_make_two_keys(tmp_path: Path) -> None:
    folder = KeyFolder(tmp_path)
    made = [folder.add(1000), folder.add(1000)]
    assert [key.signs_from for key in folder.load()] == [1000, 1001]
    assert {key.kid for key in folder.load()} == {key.kid for key in made}


def test_only_what_has_not_signed_for_long_is_removed(tmp_path: Path) -> None:
    folder = KeyFolder(tmp_path)
    for signs_from in (0, 1000, 2000):
        folder.add(signs_from)
    assert folder.remove_superseded(1000) == 0
    assert folder.remove_superseded(1001) == 1
    assert folder.names() == ("es256-1000.pem", "es256-2000.pem")
    assert folder.remove_superseded(10**15) == 1
    assert folder.names() == ("es256-2000.pem",)


def test_the_public_set_has_no_secret(tmp_path: Path) -> None:
    keys = SigningKeys.from_settings(Settings(home=tmp_path)).public()["keys"]
    assert isinstance(keys, list)
    [key] = keys
    assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    assert (key["kty"], key["crv"], key["use"], key["alg"]) == ("EC", "P-256", "sig", "ES256")


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
        SigningKeys.from_settings(Settings(home=tmp_path, signing_key=SecretStr(pem)))


def test_a_broken_file_is_named_at_the_start_and_left_alone_by_a_running_process(tmp_path: Path) -> None:
    running = SigningKeys.from_settings(Settings(home=tmp_path))
    broken = tmp_path / "keys" / "es256-5.pem"
    broken.write_bytes(b"")
    with pytest.raises(BadSigningKey, match=str(broken)):
        SigningKeys.from_settings(Settings(home=tmp_path))
    running.look()
    assert len(running.all) == 1
    broken.write_bytes(ECKey.generate_key("P-256").as_pem(private=True))
    running.look()
    assert len(running.all) == 2
