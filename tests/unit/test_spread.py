"""Units over warehouses: as few as have them, in the order of their priorities."""

from itertools import combinations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.stock.rules import spread


def ids(count: int) -> list[UUID]:
    return [UUID(int=place) for place in range(count)]


@pytest.mark.parametrize(
    ("units", "available", "expected"),
    [
        (1, [3, 3], {0: 1}),
        (4, [3, 4], {1: 4}),  # one parcel rather than two, though the first choice has some
        (5, [3, 3], {0: 3, 1: 2}),
        (6, [3, 3], {0: 3, 1: 3}),
        (7, [3, 3], None),
        (1, [], None),
        (1, [0, 1], {1: 1}),
        (6, [1, 2, 5], {0: 1, 2: 5}),  # with the first choice, as two are needed anyway
        (7, [1, 2, 5], {1: 2, 2: 5}),
        (7, [2, 4, 3, 3], {1: 4, 2: 3}),
        (8, [1, 1, 1, 5], {0: 1, 1: 1, 2: 1, 3: 5}),
    ],
)
def test_spread(units: int, available: list[int], expected: dict[int, int] | None) -> None:
    found = spread(units, list(zip(ids(len(available)), available, strict=True)))
    assert found == (None if expected is None else {UUID(int=place): count for place, count in expected.items()})


@given(units=st.integers(1, 20), available=st.lists(st.integers(0, 8), max_size=6))
def test_no_smaller_set_has_them_and_none_as_small_comes_before(units: int, available: list[int]) -> None:
    choices = list(zip(ids(len(available)), available, strict=True))
    sets = (some for count in range(1, len(choices) + 1) for some in combinations(choices, count))
    best = next((some for some in sets if sum(left for _, left in some) >= units), None)
    found = spread(units, choices)
    if best is None:
        assert found is None
    else:
        assert found is not None
        assert list(found) == [id_ for id_, _ in best]
        assert sum(found.values()) == units
        assert all(found[id_] == left for id_, left in best[:-1])
        assert 0 < found[best[-1][0]] <= best[-1][1]
