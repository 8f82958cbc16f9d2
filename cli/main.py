"""The command ``rushcart``. Each command's module is imported when it is called, so that --help is quick."""

import importlib
import sys

import click
from pydantic import ValidationError

from infra.garbage import collect_seldom
from settings.errors import BadSetting
from settings.settings import variable

COMMANDS = {
    "admin": ("cli.admin", "admin", "Grant and revoke roles, list who has one."),
    "bench": ("cli.bench", "bench", "Measure the server; results are ratios within one run."),
    "cache": ("cli.cache", "cache", "Warm the catalog's cache, or forget all of it."),
    "chaos": ("cli.chaos", "chaos", "Break everything while people buy, and prove that nothing is lost."),
    "db": ("cli.db", "db", "Create, change and check the database's schema."),
    "dev": ("cli.dev", "dev", "Run the whole shop on this machine; migrate and seed first."),
    "dlq": ("cli.dlq", "dlq", "Look at dead letters and replay them."),
    "docs": ("cli.docs", "docs", "Make the generated parts of the documents."),
    "documents": ("cli.documents", "documents", "Load and list the documents that the shop's own clients send."),
    "doctor": ("cli.doctor", "doctor", "Look at everything, say what is wrong and how to mend it."),
    "export": ("cli.export", "export", "Take out what is in the shop."),
    "fuzz": ("cli.fuzz", "fuzz", "Ask all that the schema lets one ask, and look for faults."),
    "health": ("cli.health", "health", "Whether the process on this machine is alive, for containers."),
    "import": ("cli.import_", "import_", "Bring in what another shop exported."),
    "instances": ("cli.instances", "instances", "List the processes that are registered in etcd."),
    "keys": ("cli.keys", "keys", "Rotate and list the keys that sign access tokens."),
    "mail": ("cli.mail", "mail", "Look at mails that could not be sent, and send them after all."),
    "media": ("cli.media", "media", "Delete uploaded images that nothing shows any more."),
    "payments": ("cli.payments", "payments", "Prove that the money adds up, with the providers too."),
    "reconcile": ("cli.reconcile", "reconcile", "Prove that the stock adds up, or repair it."),
    "saga": ("cli.saga", "saga", "Look at checkouts under way, and go on with them."),
    "scheduler": ("cli.worker", "scheduler", "Send delayed jobs when they are due."),
    "schema": ("cli.schema", "schema", "Export the GraphQL schema, or check the committed one."),
    "search": ("cli.search", "search", "Build the index that products are found by."),
    "seed": ("cli.seed", "seed", "Fill a database with products to try things on."),
    "serve": ("cli.serve", "serve", "Serve the API."),
    "stack": ("cli.stack", "stack", "Start MySQL/MariaDB, Redis and Kafka for development and tests."),
    "token": ("cli.token", "token", "Make, list and revoke service tokens for machines."),
    "worker": ("cli.worker", "worker", "Persist orders and do all that happens behind the API."),
}


class _Lazy(click.Group):
    def list_commands(self, _context: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][2]) for name in sorted(COMMANDS)])


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="rushcart")
def rushcart() -> None:
    """A GraphQL commerce server for flash sales. Settings are environment variables, RUSHCART_*."""


def main() -> None:
    collect_seldom()
    try:
        rushcart()
    except BadSetting as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except ValidationError as error:
        for problem in error.errors():
            print(f"{variable(problem['loc'])}: {problem['msg'].removeprefix('Value error, ')}", file=sys.stderr)
        sys.exit(2)
