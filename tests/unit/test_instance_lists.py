"""Lists of processes for those who balance or scrape."""

from dataclasses import replace

import orjson

from infra.discovery.instance import Instance
from infra.discovery.lists import for_envoy, for_nginx, for_prometheus

UP = Instance("a1", "api", "http://10.0.0.1:8000", "1.0", 7, True, "2026-01-01T00:00:00Z")
NEW = Instance("b2", "api", "https://[::1]", "1.1", 8, False, "2026-01-01T00:00:00Z")
WORKER = Instance("c3", "worker", "http://10.0.0.1:9100", "1.0", 9, True, "2026-01-01T00:00:00Z")
HOT = Instance("e5", "flash", "http://10.0.0.2:8000", "1.0", 11, True, "2026-01-01T00:00:00Z")
SILENT = Instance("d4", "scheduler", "", "1.0", 10, True, "2026-01-01T00:00:00Z")


def test_prometheus_scrapes_all() -> None:
    assert orjson.loads(for_prometheus([UP, NEW, WORKER, SILENT])) == [
        {"targets": ["10.0.0.1:8000"], "labels": {"instance_id": "a1", "kind": "api", "version": "1.0"}},
        {"targets": ["[::1]:443"], "labels": {"instance_id": "b2", "kind": "api", "version": "1.1"}},
        {"targets": ["10.0.0.1:9100"], "labels": {"instance_id": "c3", "kind": "worker", "version": "1.0"}},
    ]


def test_balancers_send_to_those_that_are_ready_or_to_all_when_none_is() -> None:
    assert for_nginx([UP, NEW, WORKER, SILENT]) == b"server 10.0.0.1:8000;\n"
    assert for_nginx([NEW, WORKER]) == b"server [::1]:443;\n"
    [resource] = orjson.loads(for_envoy([UP, NEW, WORKER]))["resources"]
    [group] = resource["endpoints"]
    [one] = group["lb_endpoints"]
    assert one["endpoint"]["address"]["socket_address"] == {"address": "10.0.0.1", "port_value": 8000}


def test_an_area_has_its_own_processes_or_else_the_apis() -> None:
    assert for_nginx([UP, HOT, NEW]) == b"server 10.0.0.1:8000;\n"
    assert for_nginx([UP, HOT, NEW], "flash") == b"server 10.0.0.2:8000;\n"
    assert for_nginx([UP, NEW], "flash") == b"server 10.0.0.1:8000;\n"
    # Its own that are not ready yet are still better than those that are busy with all else.
    assert for_nginx([UP, replace(HOT, ready=False)], "flash") == b"server 10.0.0.2:8000;\n"
    [resource] = orjson.loads(for_envoy([UP, HOT], "flash"))["resources"]
    assert resource["cluster_name"] == "rushcart_flash"


def test_an_address_is_listed_once() -> None:
    assert for_nginx([UP, replace(UP, id="a2")]) == b"server 10.0.0.1:8000;\n"


def test_one_that_an_older_release_registered_is_an_api() -> None:
    told = {name: value for name, value in orjson.loads(UP.to_json()).items() if name != "kind"}
    assert Instance.from_json(orjson.dumps(told)) == UP
    assert Instance.from_json(b"[]") is None
