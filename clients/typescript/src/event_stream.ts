/** An event of a stream: its name, and its data. */
export type Event = readonly [name: string, data: string];

const SILENCE = 60_000;

/** The events of a response (https://html.spec.whatwg.org/#event-stream-interpretation), one at a time. */
export async function* eventsOf(response: Response): AsyncGenerator<Event> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await within(SILENCE, reader.read());
      if (done) return;
      const blocks = (text + value).split("\n\n");
      text = blocks.pop()!;
      for (const block of blocks) yield parse(block);
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function parse(block: string): Event {
  const field = (name: string) =>
    block.split("\n").filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).trim());
  return [field("event")[0] ?? "", field("data").join("\n")];
}

/** The server gives a sign of life every few seconds: who hears none has lost it. */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new Error("silence")), ms)));
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
