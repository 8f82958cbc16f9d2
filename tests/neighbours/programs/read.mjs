// The CloudEvents SDK for JavaScript reads records: each as an event, or as what it says of it.
import { readFileSync } from "node:fs";
import { Kafka } from "cloudevents";

const bytes = (text) => Buffer.from(text, "base64");

function told(record) {
  const headers = Object.fromEntries(Object.entries(record.headers).map(([name, value]) => [name, bytes(value).toString()]));
  try {
    const event = Kafka.toEvent({ headers, key: bytes(record.key).toString(), value: bytes(record.value).toString() });
    const { id, type, subject, datacontenttype, traceparent, data } = event;
    return { id, type, subject, datacontenttype, traceparent: traceparent ?? null, data };
  } catch (error) {
    return { refused: String(error) };
  }
}

console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(told)));
