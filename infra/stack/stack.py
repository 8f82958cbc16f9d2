"""The stack as a whole: three servers, each from where it is found first."""

import os
from collections.abc import Mapping
from pathlib import Path

from infra.stack.compose import ComposeRunner
from infra.stack.database import DatabaseRecipe
from infra.stack.kafka import KafkaRecipe
from infra.stack.machine import MachineRunner, Recipe
from infra.stack.plan import VARIABLES, choose
from infra.stack.redis_server import RedisRecipe
from infra.stack.runner import EnvironmentRunner, Runner
from infra.stack.servers import Echo, Servers
from infra.stack.state import SERVERS, How, Record


class Stack(Servers):
    """The three servers of one RUSHCART_HOME, with their data in ``home/stack``.

    They are named "database", "redis" and "kafka".
    """

    def __init__(self, home: Path, *, kafka_cache: Path | None = None, dies_with_parent: bool = False) -> None:
        """Remember where; ``kafka_cache`` is the folder of Kafka's jars, ``home/kafka`` if not given.

        ``dies_with_parent``: servers started through this object end with this process (Linux).
        """
        home = home.resolve()
        folder = home / "stack"
        recipes: dict[str, Recipe] = {
            "database": DatabaseRecipe(),
            "redis": RedisRecipe(),
            "kafka": KafkaRecipe(kafka_cache or home / "kafka"),
        }
        runners: dict[How, Runner] = {
            "environment": EnvironmentRunner(),
            "compose": ComposeRunner(folder),
            "machine": MachineRunner(folder, recipes, dies_with_parent=dies_with_parent),
        }
        super().__init__(folder, recipes, runners)

    @classmethod
    def up(
        cls,
        home: Path,
        install: bool = False,
        echo: Echo = print,
        *,
        environ: Mapping[str, str] = os.environ,
        kafka_cache: Path | None = None,
        dies_with_parent: bool = False,
    ) -> "Stack":
        """Start what is not up, and wait until all three answer; up already is fine.

        Errors: MissingServer when some cannot be had, StackError when one does not start. What this call
        started is stopped again then, also on KeyboardInterrupt.
        """
        stack = cls(home, kafka_cache=kafka_cache, dies_with_parent=dies_with_parent)
        with stack._state.locked():
            known = stack._state.read()
            chosen = choose(known, stack._recipes, environ, try_install=install, echo=echo)
            stack._give_up_replaced(known, chosen, echo)
            asleep = [server for server in SERVERS if not stack._is_up(server, chosen[server], echo)]
            stack._start_all(chosen, asleep, echo)
        return stack

    @classmethod
    def attach(cls, home: Path, *, kafka_cache: Path | None = None) -> "Stack":
        """Attach to a stack that is up already. Errors: StackNotUp."""
        stack = cls(home, kafka_cache=kafka_cache)
        stack.env()
        return stack

    def env(self) -> dict[str, str]:
        """Returns the settings that lead to the stack, RUSHCART_DATABASE_URL and so on. Errors: StackNotUp."""
        records = self._all_up("rushcart stack up")
        return {VARIABLES[server]: records[server].url for server in SERVERS}

    def start(self, server: str, keep_data: bool = True) -> None:
        """Start one again as any of ``Servers``; only Redis may lose its data. Errors: StackError."""
        if not keep_data and server != "redis":
            raise ValueError(f"only redis may lose its data, not {server}")
        super().start(server, keep_data)

    def _give_up_replaced(self, known: Mapping[str, Record], chosen: Mapping[str, Record], echo: Echo) -> None:
        """An address in the environment takes the place of our own server, which is stopped."""
        replaced = [name for name in known if chosen[name] is not known[name] and known[name].how != "environment"]
        self._stop_all(known, replaced, echo)
