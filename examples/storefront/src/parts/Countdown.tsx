import { useNow } from "../api/use.ts";

/** Until a moment, by the shop's clock: whatever this machine's says. */
export function Countdown({ to }: { to: string }) {
  const seconds = Math.max(0, Math.ceil((Date.parse(to) - useNow()) / 1000));
  const days = Math.floor(seconds / 86_400);
  const parts = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
  return (
    <time className="countdown" role="timer" dateTime={to}>
      {days > 0 && <b>{days}<small>d</small></b>}
      {parts.map((part, at) => <b key={at}>{String(part).padStart(2, "0")}<small>{"hms"[at]}</small></b>)}
    </time>
  );
}
