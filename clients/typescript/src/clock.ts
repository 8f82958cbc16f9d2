/**
 * The server's time, from the Date header of its answers.
 *
 * Each answer says that the server's clock was between Date and a second later at some moment between question and
 * answer; a few of them together leave little doubt.
 */
export class Clock {
  #least = -Infinity;
  #most = Infinity;

  /** Milliseconds since 1970, as the server counts them. */
  now(): number {
    return Date.now() + this.offset;
  }

  /** How far the server is ahead of this machine, in milliseconds. */
  get offset(): number {
    return Number.isFinite(this.#least) ? (this.#least + this.#most) / 2 : 0;
  }

  learn(date: string | null, asked: number, answered: number): void {
    const said = Date.parse(date ?? "");
    if (Number.isNaN(said)) return;
    const [least, most] = [said - answered, said + 1000 - asked];
    this.#least = Math.max(this.#least, least);
    this.#most = Math.min(this.#most, most);
    // One of the clocks was set: begin anew.
    if (this.#least > this.#most) [this.#least, this.#most] = [least, most];
  }
}
