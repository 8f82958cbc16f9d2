"""What nodes are told of each other before any of them is there."""

from pathlib import Path

from infra.stack import BROKERS
from infra.stack.kafka import config_of
from infra.stack.nodes import DATABASES, lay_out
from infra.stack.state import Record

NAMES = (*DATABASES, *BROKERS)


def test_three_brokers_keep_each_message_three_times() -> None:
    records = {name: Record("machine", port=9000 + place) for place, name in enumerate(NAMES)}
    lay_out(records)
    configs = [config_of(records[name], Path("/data")).splitlines() for name in BROKERS]
    ports = [records[name].notes["controller_port"] for name in BROKERS]
    voters = ",".join(f"{number}@127.0.0.1:{port}" for number, port in enumerate(ports, 1))
    for number, lines in enumerate(configs, 1):
        assert {f"node.id={number}", f"controller.quorum.voters={voters}"} <= set(lines)
        assert {"default.replication.factor=3", "min.insync.replicas=2"} <= set(lines)
    assert len({records[name].notes["cluster_id"] for name in BROKERS}) == 1


def test_one_broker_is_enough_for_itself() -> None:
    record = Record("machine", notes={"controller_port": "9999"})
    lines = config_of(record, Path("/data")).splitlines()
    assert {"node.id=1", "controller.quorum.voters=1@127.0.0.1:9999", "min.insync.replicas=1"} <= set(lines)


def test_what_was_laid_out_stays() -> None:
    records = {name: Record("machine") for name in NAMES}
    lay_out(records)
    assert [records[name].notes["role"] for name in DATABASES] == ["primary", "replica"]
    assert len({records[name].notes["password"] for name in DATABASES}) == 1
    before = {name: dict(record.notes) for name, record in records.items()}
    for record in records.values():
        record.wanted = True
    lay_out(records)
    assert {name: record.notes for name, record in records.items()} == before
