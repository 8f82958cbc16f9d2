import type { InputHTMLAttributes } from "react";

interface Props extends InputHTMLAttributes<HTMLInputElement> {
  label: string;
  name: string;
  hint?: string;
}

export function Field({ label, hint, ...input }: Props) {
  const hintId = `${input.name}-hint`;
  return (
    <label className="field">
      <span>{label}</span>
      <input required {...input} {...(hint && { "aria-describedby": hintId })} />
      {hint && <small id={hintId}>{hint}</small>}
    </label>
  );
}

/** What a form's fields hold, by their names. */
export const valuesOf = <Name extends string>(form: HTMLFormElement): Record<Name, string> =>
  Object.fromEntries(new FormData(form)) as Record<Name, string>;
