"""Groups of tests: a file in a mode stays together, as its fixtures may be shared."""

from typing import Final

BREAKING: Final = "tests/chaos"
"""They stop and kill stores, which only the first worker has all to itself; all its files share one fleet."""
# Those that take more than some seconds, the longest first (`make test ARGS="--durations=0"`).
_LONG: Final = (
    BREAKING,
    "tests/integration/test_fuzz.py",
    "tests/integration/stack/test_several_nodes.py",
    "tests/integration/test_migration_processes.py",
    "tests/e2e/test_commands.py",
    "tests/e2e/test_benchmarks.py",
    "tests/e2e/test_front_end.py",
    "tests/integration/test_fuzz.py on the stack",
    "tests/integration/test_migrations.py",
    "tests/e2e/test_release.py",
    "tests/e2e/test_documented_commands.py",
    "tests/e2e/test_everyone_tries_everything.py",
    "tests/e2e/test_wheel.py",
    "tests/integration/test_models.py",
    "tests/integration/test_query_counts.py on the stack",
    "tests/integration/reconciling/test_damage.py on the stack",
    "tests/integration/reconciling/test_no_difference.py on the stack",
    "tests/integration/stack/test_up_and_down.py",
    "tests/integration/payments/test_edges.py on the stack",
    "tests/e2e/test_discovery.py",
    "tests/integration/test_stock_machine.py on the stack",
    "tests/integration/finding/test_filters.py on the stack",
    "tests/e2e/test_extras.py",
    "tests/e2e/test_provider_package.py",
    "tests/integration/test_saga_killed.py on the stack",
    "tests/e2e/test_prometheus.py",
    "tests/integration/test_stock_machine.py",
    "tests/e2e/test_shopping.py on the stack",
    "tests/integration/test_bulk_products.py on the stack",
    "tests/integration/test_change_order.py on the stack",
    "tests/e2e/test_nodes.py on the stack",
    "tests/e2e/test_hostile_input.py on the stack",
    "tests/unit/test_the_documents.py",
    "tests/integration/payments/test_together.py on the stack",
    "tests/e2e/test_hostile_schema.py",
    "tests/e2e/oidc/test_linking.py",
    "tests/integration/test_query_counts.py",
    "tests/e2e/test_graphiql.py",
    "tests/e2e/test_browser.py",
    "tests/e2e/test_browser.py on the stack",
    "tests/e2e/oidc/test_wrong_answers.py",
    "tests/integration/test_saga_killed.py",
    "tests/e2e/test_subscriptions.py",
    "tests/e2e/test_subscriptions.py on the stack",
    "tests/e2e/test_payments.py on the stack",
    "tests/integration/test_checkout.py on the stack",
    "tests/integration/test_change_sale.py on the stack",
    "tests/integration/test_chaos_verdict.py on the stack",
)
_PLACES: Final = {group: place for place, group in enumerate(_LONG)}


def group_of(nodeid: str) -> str:
    file, _, test = nodeid.partition("::")
    if file.startswith(f"{BREAKING}/"):
        return BREAKING
    return f"{file} on the stack" if "[stack" in test else file


def rank(nodeid: str) -> int:
    """The place of a test's group: what takes longest begins first, so that no worker is left alone with it."""
    return _PLACES.get(group_of(nodeid), len(_PLACES))
