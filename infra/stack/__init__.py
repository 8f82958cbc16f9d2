"""The servers of the stack mode for development and tests: MySQL or MariaDB, Redis and Kafka.

``Stack.up(home)`` takes what it finds (addresses in the environment, Docker Compose, servers on the machine),
waits until all of them answer, and ``down`` stops exactly what was started.
"""

from infra.stack.errors import Lack, MissingServer, StackError, StackNotUp
from infra.stack.nodes import BROKERS, CACHES, Nodes
from infra.stack.servers import Servers, Status
from infra.stack.stack import Stack
from infra.stack.state import SERVERS, ServerName

__all__ = [
    "BROKERS",
    "CACHES",
    "SERVERS",
    "Lack",
    "MissingServer",
    "Nodes",
    "ServerName",
    "Servers",
    "Stack",
    "StackError",
    "StackNotUp",
    "Status",
]
