"""Lists of processes for those who balance or scrape."""

import orjson

from infra.discovery.instance import Instance
from infra.discovery.lists import for_envoy, for_nginx, for_prometheus

UP = Instance("a1", "http://10.0.0.1:8000", "1.0", 7, True, "2026-01-01T00:00:00Z")
NEW = Instance("b2", "https://[::1]", "1.1", 8, False, "2026-01-01T00:00:00Z")


def test_prometheus_scrapes_all() -> None:
    assert orjson.loads(for_prometheus([UP, NEW])) == [
        {"targets": ["10.0.0.1:8000"], "labels": {"instance_id": "a1", "version": "1.0"}},
        {"targets": ["[::1]:443"], "labels": {"instance_id": "b2", "version": "1.1"}},
    ]


def test_balancers_send_to_those_that_are_ready_or_to_all_when_none_is() -> None:
    assert for_nginx([UP, NEW]) == b"server 10.0.0.1:8000;\n"
    assert for_nginx([NEW]) == b"server [::1]:443;\n"
    [resource] = orjson.loads(for_envoy([UP, NEW]))["resources"]
    [group] = resource["endpoints"]
    [one] = group["lb_endpoints"]
    assert one["endpoint"]["address"]["socket_address"] == {"address": "10.0.0.1", "port_value": 8000}
