"""What processes that share a socket have counted, added up."""

from pathlib import Path

import pytest
from prometheus_client.mmap_dict import MmapedDict, mmap_key

from infra.telemetry.exposition import FOLDER, exposition


def _file(path: Path, value: float) -> None:
    kept = MmapedDict(str(path))  # type: ignore[no-untyped-call]
    kept.write_value(mmap_key("sold", "sold_total", [], [], "Sold."), value, 0.0)  # type: ignore[no-untyped-call]
    kept.close()  # type: ignore[no-untyped-call]


def test_a_file_that_a_process_has_just_made_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    _file(tmp_path / "counter_1.db", 2.0)
    _file(tmp_path / "counter_2.db", 3.0)
    (tmp_path / "counter_3.db").touch()
    text, _ = exposition("")
    assert "\nsold_total 5.0\n" in text.decode()
