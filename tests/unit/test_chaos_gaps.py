"""Of which fault it is told that nobody could buy."""

from chaos.gaps import Suffered, gaps_of


def test_a_fault_is_over_with_the_first_order_after_it() -> None:
    accepted = [1.0, 2.0, 9.0, 9.5, 12.0]
    assert gaps_of([Suffered("killed", 2.5, 4.0), Suffered("later", 9.25, 9.75)], accepted) == {
        "killed": [6.5],
        "later": [2.5],
    }


def test_what_comes_of_an_earlier_one_is_not_told_of_the_next() -> None:
    accepted = [1.0, 20.0, 21.0, 23.0]
    faults = [Suffered("moved", 1.5, 2.0), Suffered("nobody needs it", 3.0, 4.0), Suffered("moved", 20.5, 20.75)]
    assert gaps_of(faults, accepted) == {"moved": [18.5, 0.5], "nobody needs it": [0.0]}


def test_without_an_order_it_lasts_until_all_is_whole() -> None:
    assert gaps_of([Suffered("killed", 1.0, 3.0)], []) == {"killed": [2.0]}
