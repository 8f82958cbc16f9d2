"""The CloudEvents SDK for Python reads records: each as an event, or as what it says of it."""

import base64
import json
import sys
from typing import Any

from cloudevents.kafka import KafkaMessage, from_structured


def told(record: dict[str, Any]) -> dict[str, Any]:
    headers = {name: base64.b64decode(value) for name, value in record["headers"].items()}
    message = KafkaMessage(headers, base64.b64decode(record["key"]), base64.b64decode(record["value"]))
    try:
        event = from_structured(message)
    except Exception as error:
        return {"refused": f"{type(error).__name__}: {error}"}
    attributes = event.get_attributes()
    return {
        "id": attributes["id"],
        "type": attributes["type"],
        "subject": attributes["subject"],
        "datacontenttype": attributes["datacontenttype"],
        "traceparent": attributes.get("traceparent"),
        "data": event.get_data(),
    }


print(json.dumps([told(record) for record in json.load(sys.stdin)]))
