"""What a sale's benchmark shows, also of a build that sold nothing."""

from benchmarks.sale.build import ALL, Use
from benchmarks.sale.job import SIGN_IN, WHOLE, SaleTally, StepTally
from benchmarks.sale.run import Found
from benchmarks.sale.tables import mishaps, nothing_paid, to_json


def found(name: str, *tallies: SaleTally) -> Found:
    one = Found(name, use={process: Use(1.0, 30) for process in ALL})
    for tally in tallies:
        one.add(tally)
    return one


def test_rates_are_by_the_seconds_of_the_slices_that_have_the_step() -> None:
    signing, slice_ = (
        SaleTally(2.0, {SIGN_IN: StepTally([1_000] * 4)}),
        SaleTally(5.0, {WHOLE: StepTally([2_000])}),
    )
    one = found("this", signing, slice_, slice_)
    assert {step: rate.per_second for step, rate in one.steps.items()} == {SIGN_IN: 2.0, WHOLE: 0.2}
    assert one.paid == 2
    shown = to_json([one])["this"]
    assert isinstance(shown, dict)
    assert shown["per_paid"]["worker"] == {"cpu_ms": 500.0, "asked": 15.0}
    assert shown["per_paid"]["all of them"] == {"cpu_ms": 3000.0, "asked": 45.0}


def test_of_a_build_that_sold_nothing_it_is_said_why() -> None:
    good = found("this", SaleTally(1.0, {WHOLE: StepTally([1])}))
    bad = found("before", SaleTally(1.0, {"createPayment": StepTally([], 3, {"no answer in time": 4})}))
    assert nothing_paid([good, bad])
    assert not nothing_paid([good])
    assert mishaps([good, bad]) == ["before: createPayment: 4 times no answer in time"]
    assert to_json([bad])["before"]["per_paid"]["serve"] == {"cpu_ms": None, "asked": None}  # type: ignore[index]
