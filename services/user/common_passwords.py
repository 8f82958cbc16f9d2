"""Passwords that everybody tries first; data/NOTICE says where the list is from."""

from functools import lru_cache
from importlib.resources import files


def is_common(password: str) -> bool:
    """Regardless of case."""
    return password.casefold() in _common()


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    text = files("services.user").joinpath("data/common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(text.split())
