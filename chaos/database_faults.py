"""The primary of two databases goes, and the other takes its place at the same address; or the replica goes."""

from chaos.fault import Fault, Step, Target
from chaos.many_nodes import in_thread, nodes_of
from infra.stack import Nodes


def _kill(_target: Target, nodes: Nodes) -> None:
    nodes.kill(nodes.primary)


def _freeze(_target: Target, nodes: Nodes) -> None:
    nodes.pause(nodes.primary)


def _close(_target: Target, nodes: Nodes) -> None:
    nodes.close()


async def _replace(target: Target) -> None:
    """The address is moved before the one of before may be heard of again."""
    nodes = nodes_of(target)
    await in_thread(lambda _, found: found.promote())(target)
    target.proxies["database"].move(nodes.url(nodes.primary))
    await in_thread(lambda _, found: found.rejoin())(target)


def _kill_replica(_target: Target, nodes: Nodes) -> None:
    nodes.kill(nodes.replica)


def _start_replica(_target: Target, nodes: Nodes) -> None:
    nodes.start(nodes.replica)
    nodes.follow()


def _freeze_replica(_target: Target, nodes: Nodes) -> None:
    nodes.pause(nodes.replica)


def _thaw_replica(_target: Target, nodes: Nodes) -> None:
    nodes.resume(nodes.replica)
    nodes.follow()


def _replaced(name: str, begin: Step, longest: float) -> Fault:
    return Fault(name, begin, _replace, longest)


DATABASE_FAULTS = (
    _replaced("database primary killed, replaced", in_thread(_kill), 3.0),
    _replaced("database primary frozen, replaced", in_thread(_freeze), 4.0),
    _replaced("database handed over", in_thread(_close), 0.2),
    Fault("database replica killed", in_thread(_kill_replica), in_thread(_start_replica), 3.0),
    Fault("database replica frozen", in_thread(_freeze_replica), in_thread(_thaw_replica), 4.0),
)
