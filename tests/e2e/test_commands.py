"""The command line as a newcomer meets it: what is printed can be used, and everything can be stopped."""

import re
import shutil
import signal
import socket
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from cli.main import COMMANDS
from cli.main import rushcart as command_line
from infra.ports import LOOPBACK
from services.media.sniff import sniff
from tests.e2e.running import MAKE_RUN, RUSHCART, Running, rushcart
from tests.waiting import patience

MINE = "{ me { email orders(first: 100) { totalCount edges { node { id status } } } } }"


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a shop that has run before and sold something."""
    home = tmp_path_factory.mktemp("seeded") / "home"
    with Running(home) as dev:
        ready = dev.ready()
        ready.buy()
        assert dev.told(signal.SIGINT, ready.port) == 0
    return home


@pytest.fixture
def home(seeded: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(seeded, tmp_path / "home"))


def test_the_first_start_sells_at_once(tmp_path: Path) -> None:
    """As it is told to newcomers, to the Ctrl-C."""
    command = MAKE_RUN if shutil.which("make") else (*RUSHCART, "dev")
    with Running(tmp_path / "home", command=command) as dev:
        ready = dev.ready()
        assert re.fullmatch(r"http://(127\.0\.0\.1|localhost):\d+/graphql", ready.graphql)
        orders = [ready.buy(), ready.buy()]
        assert len({order["id"] for order in orders}) == 2
        assert orders[0]["total"] == {"amount": "9.90", "currencyCode": "USD"}
        customer, staff = ready.sign_in(*ready.customer), ready.sign_in(*ready.staff)
        me = ready.ask(MINE, token=customer)["me"]
        assert (me["email"], me["orders"]["totalCount"]) == (ready.customer[0], 2)
        assert "STAFF" in ready.ask("{ me { roles } }", token=staff)["me"]["roles"]
        shop = ready.ask("{ products { totalCount } flashSales(status: [RUNNING]) { edges { node { name } } } }")
        assert shop["products"]["totalCount"] == 37
        assert [edge["node"]["name"] for edge in shop["flashSales"]["edges"]] == ["First light 破晓", "Rush hour"]
        dev.told(signal.SIGINT, ready.port, by_terminal=True)
        assert "Traceback" not in dev.err


def test_the_second_start_is_quick_and_keeps_everything(home: Path) -> None:
    with Running(home) as dev:
        ready = dev.ready()
        assert dev.says("seeded") < patience(5)
        me = ready.ask(MINE, token=ready.sign_in(*ready.customer))["me"]
        [order] = me["orders"]["edges"]
        assert order["node"]["status"] == "AWAITING_PAYMENT"
        ready.buy()
        sales = ready.ask("{ flashSales { edges { node { name status } } } }")["flashSales"]["edges"]
        assert [tuple(sale["node"].values()) for sale in sales] == [
            ("Night market 夜市", "SCHEDULED"),
            ("First light 破晓", "RUNNING"),
            ("Rush hour", "RUNNING"),
        ]
        assert ready.ask("{ products { totalCount } }")["products"]["totalCount"] == 37


def test_a_start_waits_for_stores_longer_than_a_request_does(tmp_path: Path) -> None:
    """On a busy machine they take their time; here a request's patience is shorter than what any step takes."""
    with Running(tmp_path, settings={"RUSHCART_STORE_TIMEOUT": "0.005"}) as dev:
        assert dev.ready().customer[0] == "customer@example.com"


def test_the_demo_pictures_come_from_the_server_itself(home: Path) -> None:
    with Running(home) as dev:
        ready = dev.ready()
        shop = ready.ask("{ products(first: 100) { edges { node { images { url small: url(size: 160) } } } } }")
        images = [image for edge in shop["products"]["edges"] for image in edge["node"]["images"]]
        urls = {url for image in images for url in image.values()}
        assert (len(images), len(urls)) == (48, 96)
        with httpx.Client(base_url=ready.graphql.removesuffix("/graphql"), timeout=10) as client:
            for url in urls:
                assert url.startswith(f"{client.base_url}".rstrip("/") + "/media/")
                answer = client.get(url)
                assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
                assert sniff(answer.content) == "WEBP"


def test_two_run_side_by_side_but_not_on_one_home(home: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(home, tmp_path / "other"))
    with Running(home) as one, Running(other) as two:
        first, second = one.ready(), two.ready()
        assert first.port != second.port
        bought = first.buy()["id"]
        orders = [
            ready.ask(MINE, token=ready.sign_in(*ready.customer))["me"]["orders"] for ready in (first, second)
        ]
        assert [order["totalCount"] for order in orders] == [2, 1]
        assert bought not in str(orders[1])

        third = rushcart(home, "dev")
        assert (third.returncode, third.stdout) == (1, "")
        [line] = third.stderr.splitlines()
        assert line == (
            f"{home.resolve()} is in use by the process {one.process.pid}: another Rushcart runs there. "
            "Stop it, or set RUSHCART_HOME to another folder."
        )
        # The two went on.
        first.buy()
        second.buy()


@pytest.mark.parametrize("command", ["dev", "serve"])
def test_a_port_in_use_is_one_clear_line(tmp_path: Path, command: str) -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        refused = rushcart(tmp_path / "home", command, RUSHCART_PORT=str(port))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        f"Port {port} of 127.0.0.1 is in use. "
        f"Choose another: RUSHCART_PORT={port + 1} make run (0 takes a free one).\n"
    )
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("number", "ignored"),
    [(signal.SIGINT, False), (signal.SIGTERM, False), (signal.SIGINT, True)],
    ids=["SIGINT", "SIGTERM", "SIGINT in the background"],
)
def test_dev_ends_when_it_is_told_to(home: Path, number: signal.Signals, ignored: bool) -> None:
    with Running(home, ignores_interrupt=ignored) as dev:
        ready = dev.ready()
        ready.buy()
        assert dev.told(number, ready.port) == 0
        assert "Traceback" not in dev.err


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_make_run_ends_when_make_alone_is_told_to(home: Path, number: signal.Signals) -> None:
    with Running(home, command=MAKE_RUN) as make:
        ready = make.ready()
        assert make.says("seeded") < patience(5)
        assert len(make.family()) >= 3
        make.told(number, ready.port)


def test_help(tmp_path: Path) -> None:
    whole = rushcart(tmp_path, "--help")
    assert (whole.returncode, whole.stderr) == (0, "")
    assert whole.stdout.startswith("Usage: ")
    assert [name for name in COMMANDS if f"\n  {name} " not in whole.stdout] == []
    for name in COMMANDS:
        shown = CliRunner().invoke(command_line, [name, "--help"])
        assert (shown.exit_code, shown.stderr) == (0, ""), name
        assert shown.stdout.startswith("Usage: "), name


@pytest.mark.parametrize(
    ("command", "name", "value"),
    [
        ("dev", "RUSHCART_PORT", "abc"),
        ("dev", "RUSHCART_DATABASE_URL", "mysql://me:hush@localhost"),
        ("dev", "RUSHCART_REDIS_URL", "nonsense"),
        ("serve", "RUSHCART_PORT", "70000"),
        ("worker", "RUSHCART_PAYMENT_TIMEOUT", "-1"),
        ("db current", "RUSHCART_PORT", "abc"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(tmp_path: Path, command: str, name: str, value: str) -> None:
    refused = rushcart(tmp_path / "home", *command.split(), **{name: value})
    assert (refused.returncode, refused.stdout) == (2, "")
    [line] = refused.stderr.splitlines()
    assert line.startswith(f"{name}: ")
    assert "hush" not in line


def test_a_home_that_cannot_be_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = rushcart(tmp_path / "file", "dev")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == f"RUSHCART_HOME: {tmp_path / 'file'} cannot be made a folder: File exists\n"


@pytest.mark.parametrize("command", ["serve", "worker", "scheduler"])
def test_parts_of_the_stack_say_what_they_lack(tmp_path: Path, command: str) -> None:
    refused = rushcart(tmp_path / "home", command)
    assert (refused.returncode, refused.stdout) == (2, "")
    [line] = refused.stderr.splitlines()
    assert line.startswith("RUSHCART_REDIS_URL: ")


def test_unknown_commands_are_wrong_usage(tmp_path: Path) -> None:
    refused = rushcart(tmp_path, "sell")
    assert refused.returncode == 2
    assert "No such command 'sell'" in refused.stderr
    assert RUSHCART[0] not in refused.stderr


@pytest.mark.parametrize("command", ["serve", "worker", "scheduler", "dev"])
def test_a_desk_does_not_start_as_production(tmp_path: Path, command: str) -> None:
    ended = rushcart(tmp_path, command, RUSHCART_PROFILE="production")
    assert (ended.returncode, ended.stdout) == (2, "")
    for name in (
        "RUSHCART_DATABASE_URL",
        "RUSHCART_REDIS_URL",
        "RUSHCART_PAYMENT_PROVIDERS",
        "RUSHCART_PUBLIC_URL",
    ):
        assert name in ended.stderr
    assert "Traceback" not in ended.stderr
