"""The event log: one small protocol, two adapters (Kafka, Redis Streams), both at-least-once."""

from infra.eventlog.protocol import Consumer, EventLog, Follower, Marker, Message, dead_letter_topic

__all__ = ["Consumer", "EventLog", "Follower", "Marker", "Message", "dead_letter_topic"]
