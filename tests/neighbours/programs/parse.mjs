// AsyncAPI's own parser reads the document: what it finds wrong, and what it understands of a message.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const { document, diagnostics } = await new Parser().parse(readFileSync(0, "utf8"));
const wrong = diagnostics.filter((one) => one.severity === 0).map((one) => `${one.path.join(".")}: ${one.message}`);
const messages = document?.allMessages().all() ?? [];
console.log(
  JSON.stringify({
    wrong,
    version: document?.version(),
    messages: messages.map((message) => ({
      name: message.name(),
      contentType: message.contentType(),
      headers: message.headers()?.json(),
      key: message.bindings().get("kafka")?.json()?.key,
    })),
  }),
);
