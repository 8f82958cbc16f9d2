"""``rushcart health``: for containers, that have no curl."""

import sys
import urllib.error
import urllib.request

import click


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Of the process; else of either kind.")
def health(port: int | None) -> None:
    """Exit with 0 when the process on this machine is alive.

    It asks /healthz on RUSHCART_PORT, as of an API, and on RUSHCART_METRICS_PORT, as of a worker or scheduler.
    """
    from settings import get_settings

    settings = get_settings()
    ports = [port] if port else [found for found in (settings.port, settings.metrics_port) if found]
    if any(map(_answers, ports)):
        click.echo("alive")
        return
    click.echo(f"nothing answers on {' or '.join(map(str, ports))}", err=True)
    sys.exit(1)


def _answers(port: int) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
