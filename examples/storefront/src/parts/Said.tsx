import type { Problem } from "../api/use.ts";

/** Why something was not done. */
export function Said({ problem }: { problem: Problem | undefined }) {
  if (!problem) return null;
  return (
    <div role="alert" className="problem">
      {problem.fields?.length
        ? <ul>{problem.fields.map(({ path, message }) => <li key={path.join(".")}><b>{path.at(-1)}</b>: {message}</li>)}</ul>
        : problem.message}
    </div>
  );
}
