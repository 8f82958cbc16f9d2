"""``rushcart instances``: the API processes that are registered in etcd."""

import sys

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="A JSON object a process, one a line.")
def instances(as_json: bool) -> None:
    """List the API processes that have registered themselves in etcd: address, version, readiness.

    RUSHCART_ETCD_ENDPOINTS says where etcd is. A process that died is listed until its lease ends
    (RUSHCART_ETCD_TTL seconds).

    Exit codes: 0 listed, 1 etcd does not answer, 2 no etcd is set.
    """
    import asyncio

    from infra.discovery.etcd import EtcdUnavailable
    from infra.discovery.register import list_instances
    from settings import get_settings

    settings = get_settings()
    if not settings.etcd_endpoints:
        click.echo("Set RUSHCART_ETCD_ENDPOINTS: without it no process registers itself.", err=True)
        sys.exit(2)
    try:
        found = asyncio.run(list_instances(settings))
    except EtcdUnavailable as error:
        click.echo(f"etcd does not answer: {error}", err=True)
        sys.exit(1)
    for one in found:
        if as_json:
            click.echo(one.to_json())
        else:
            click.echo(f"{one.url}  {one.version}  {'ready' if one.ready else 'not ready'}  since {one.since}")
