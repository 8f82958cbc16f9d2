from pathlib import Path

import pytest

from infra.stack.machine import find_program


def test_the_folder_in_front_decides_whatever_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [tmp_path / name for name in ("front", "back")]
    for folder, program in zip(folders, ("mysqld", "mariadbd"), strict=True):
        folder.mkdir()
        (folder / program).touch(mode=0o755)
    monkeypatch.setenv("PATH", ":".join(map(str, folders)))
    assert find_program("mariadbd", "mysqld") == folders[0] / "mysqld"
    monkeypatch.setenv("PATH", ":".join(map(str, reversed(folders))))
    assert find_program("mariadbd", "mysqld") == folders[1] / "mariadbd"
