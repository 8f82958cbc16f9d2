import pytest

from infra.runtime import Infra
from services.finding import rules


@pytest.fixture(params=["few", "sparse", "common"])
def how_common(request: pytest.FixtureRequest, infra: Infra, monkeypatch: pytest.MonkeyPatch) -> str:
    """The ways of a search: candidates are few; too many to look at each, but up to two match; or many do.

    It is about what is found, on a busy machine too, and not about how soon.
    """
    monkeypatch.setattr(infra.database, "read_timeout", 10.0)
    if request.param != "few":
        monkeypatch.setattr(rules, "FEW", 0)
        monkeypatch.setattr(rules, "SPARSE", 2 if request.param == "sparse" else 0)
        monkeypatch.setattr(rules, "MOST_STREAMS", 1)
    return str(request.param)
