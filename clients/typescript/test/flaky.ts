import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What becomes of a request: passed on, with the answer lost, or answered by another. */
export type Fate = "pass" | "lose the answer" | "cut after a value" | { status: number; body: string; type?: string };

/** A way to the server on which things get lost, in the order of `fates`; what came along is in `seen`. */
export class Flaky {
  readonly fates: Fate[] = [];
  readonly seen: string[] = [];
  readonly #target: string;
  readonly #server: Server;

  constructor(target: string) {
    this.#target = target;
    this.#server = createServer((request, response) => void this.#pass(request, response).catch(() => response.destroy()));
  }

  async listen(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/graphql`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await request.toArray()).join("");
    this.seen.push(body);
    const fate = this.fates.shift() ?? "pass";
    if (typeof fate === "object") {
      response.writeHead(fate.status, { "content-type": fate.type ?? "application/json" }).end(fate.body);
      return;
    }
    const { accept, authorization, "x-cart-token": cart } = request.headers as Record<string, string>;
    const given = Object.entries({ accept, authorization, "x-cart-token": cart }).filter(([, value]) => value);
    const headers = { "content-type": "application/json", ...Object.fromEntries(given) };
    const answer = await fetch(this.#target, { method: "POST", headers, body });
    if (fate === "lose the answer") return void (await answer.text(), response.destroy());
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    for await (const chunk of answer.body!) {
      response.write(chunk);
      if (fate === "cut after a value" && Buffer.from(chunk).includes("event: next")) return void response.destroy();
    }
    response.end();
  }
}
