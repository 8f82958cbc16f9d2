"""``infra/`` is plumbing that knows no commerce: none of its names is a word of the shop's."""

import io
import re
import tokenize
from pathlib import Path

INFRA = Path(__file__).parents[2] / "infra"
_SHOP = re.compile(
    r"carts?|checkouts?|customers?|discounts?|oidc|orders|payments?|prices?|products?|refunds?|sales?|shipping|shop|"
    r"skus?|stock|stripe|tax(es)?|variants?"
)


def names(file: Path) -> set[str]:
    tokens = tokenize.generate_tokens(io.StringIO(file.read_text(encoding="utf-8")).readline)
    return {token.string for token in tokens if token.type == tokenize.NAME}


def is_of_the_shop(name: str) -> bool:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().split("_")
    return any(_SHOP.fullmatch(word) for word in words)


def test_no_name_in_infra_is_a_word_of_the_shop() -> None:
    files = sorted(INFRA.rglob("*.py"))
    assert len(files) > 50
    known = {f"{file.name}: {name}" for file in files for name in names(file) if is_of_the_shop(name)}
    assert known == set()
    assert is_of_the_shop("FlashSaleItem")
    assert is_of_the_shop("sale_id")
