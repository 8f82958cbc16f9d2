"""Two benchmarks never run on one database."""

import pytest

from benchmarks.stores import claim
from infra.runtime import Infra
from infra.stack import StackError
from tests.factories import variant_in_stock
from tests.modes import ONE_MODE

pytestmark = ONE_MODE


async def test_one_of_two_benchmarks_has_the_stores(infra: Infra) -> None:
    await claim(infra.settings)
    with pytest.raises(StackError, match="another benchmark"):
        await claim(infra.settings)


async def test_a_database_with_something_in_it_is_left_alone(infra: Infra) -> None:
    await variant_in_stock(infra)
    with pytest.raises(StackError, match="has something in it"):
        await claim(infra.settings)
