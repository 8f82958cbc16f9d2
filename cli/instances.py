"""``rushcart instances``: the processes that are registered in etcd."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.shared.area import AREA

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.discovery.instance import Instance
    from settings import Settings

_EVERY = 1.0
_FORMATS = ("text", "json", "prometheus", "nginx", "envoy")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--format", "form", type=click.Choice(_FORMATS), default="text", show_default=True)
@click.option("--area", type=AREA, help="For nginx and envoy: the processes of this area, not the whole APIs.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="A file to replace, not stdout.")
@click.option("--watch", is_flag=True, help="Go on, and write again what has changed.")
def instances(as_json: bool, form: str, area: str | None, output: Path | None, watch: bool) -> None:
    """List the processes that have registered themselves in etcd: address, kind, version, readiness.

    RUSHCART_ETCD_ENDPOINTS says where etcd is. A process that died is listed until its lease ends
    (RUSHCART_ETCD_TTL seconds). json is an object a process, one a line; prometheus is for file_sd_configs, nginx
    for an include within an upstream, envoy for an eds_config; the last two have the APIs that are ready, or with
    --area the processes of `rushcart serve --areas`; while there are none of those, the APIs, which serve it too.

    Exit codes: 0 listed, 1 etcd does not answer (with --watch it is asked again), 2 no etcd is set.
    """
    from settings import get_settings

    settings = get_settings()
    if not settings.etcd_endpoints:
        click.echo("Set RUSHCART_ETCD_ENDPOINTS: without it no process registers itself.", err=True)
        sys.exit(2)
    written = None
    while True:
        shown = _show(settings, "json" if as_json else form, area)
        if shown is not None and shown != written:
            _write(shown, output)
            written = shown
        if not watch:
            sys.exit(0 if shown is not None else 1)
        time.sleep(_EVERY)


def _show(settings: "Settings", form: str, area: str | None) -> bytes | None:
    """Returns the list; None when etcd does not answer: what was written before stays."""
    import asyncio

    from infra.discovery.etcd import EtcdUnavailable
    from infra.discovery.register import list_instances

    try:
        return _formatted(asyncio.run(list_instances(settings)), form, area)
    except EtcdUnavailable as error:
        click.echo(f"etcd does not answer: {error}", err=True)
        return None


def _formatted(found: "Sequence[Instance]", form: str, area: str | None) -> bytes:
    from infra.discovery.lists import BALANCED, for_prometheus

    if form in BALANCED:
        return BALANCED[form](found, area)
    if form == "prometheus":
        return for_prometheus(found)
    if form == "json":
        return b"".join(one.to_json() + b"\n" for one in found)
    return "".join(map(_line, found)).encode()


def _line(one: "Instance") -> str:
    state = "ready" if one.ready else "not ready"
    return f"{one.url or '-'}  {one.kind}  {one.version}  {state}  since {one.since}\n"


def _write(shown: bytes, output: Path | None) -> None:
    if output is None:
        click.echo(shown, nl=False)
        return
    beside = output.with_name(f".{output.name}.new")
    beside.write_bytes(shown)
    beside.replace(output)  # whoever reads it reads the old or the new one
