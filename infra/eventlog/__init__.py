"""The event log: one small protocol, two adapters (Kafka, Redis Streams), both at-least-once."""

from infra.eventlog.protocol import Consumer, EventLog, Marker, Message, dead_letter_topic

__all__ = ["Consumer", "EventLog", "Marker", "Message", "dead_letter_topic"]
