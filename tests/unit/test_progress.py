"""How far a command is."""

from types import SimpleNamespace

import pytest

from cli.shared import one_shot


def test_off_a_terminal_it_is_a_line_every_ten_seconds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 100.0
    monkeypatch.setattr("cli.shared.one_shot.time", SimpleNamespace(monotonic=lambda: now))
    with one_shot.progress_bar("operations", 500) as progress:
        for step in range(25):
            now += 1
            progress(20 * step, 500)
        assert capsys.readouterr().err.splitlines() == ["operations: 180 of 500", "operations: 380 of 500"]
