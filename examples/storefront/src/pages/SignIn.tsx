import { useState, type FormEvent } from "react";
import { Link, useLocation, useSearch } from "wouter";
import { shop } from "../api/shop.ts";
import { useTitle, type Problem } from "../api/use.ts";
import { Field, valuesOf } from "../parts/Field.tsx";
import { Said } from "../parts/Said.tsx";
import { useTexts } from "../texts.tsx";

export function SignIn() {
  const { t } = useTexts();
  const [isNew, setNew] = useState(true);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const [, go] = useLocation();
  const next = new URLSearchParams(useSearch()).get("next") ?? "/account";
  const title = isNew ? t.register : t.signIn;
  useTitle(title);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setBusy(true);
    const { email, password, displayName } = valuesOf<"email" | "password" | "displayName">(event.currentTarget);
    try {
      const entered = await (isNew ? shop.register({ email, password, displayName }) : shop.login({ email, password }));
      if ("code" in entered) setProblem(entered);
      // A path of this shop: not //elsewhere.
      else go(/^\/(?!\/)/.test(next) ? next : "/", { replace: true });
    } catch (error) {
      setProblem({ message: (error as Error).message });
    }
    setBusy(false);
  };

  return (
    <div className="wide narrow">
      <h1>{title}</h1>
      <form className="sheet" onSubmit={submit}>
        {isNew && <Field label={t.displayName} name="displayName" autoComplete="name" maxLength={100} />}
        <Field label={t.email} name="email" type="email" autoComplete="email" />
        <Field label={t.password} name="password" type="password" {...(isNew && { hint: t.passwordHint })}
          autoComplete={isNew ? "new-password" : "current-password"} />
        <Said problem={problem} />
        <button disabled={busy}>{title}</button>
      </form>
      <p><button className="plain" onClick={() => (setNew(!isNew), setProblem(undefined))}>{isNew ? t.haveAccount : t.newHere}</button></p>
      {!isNew && <p><Link href="/reset-password">{t.forgot}</Link></p>}
    </div>
  );
}
