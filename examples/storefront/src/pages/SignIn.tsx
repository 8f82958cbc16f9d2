import { useState, type FormEvent } from "react";
import { Link, useLocation, useSearch } from "wouter";
import { shop } from "../api/shop.ts";
import { useTitle, type Problem } from "../api/use.ts";
import { Field, valuesOf } from "../parts/Field.tsx";
import { nextOf } from "../parts/next.ts";
import { Said } from "../parts/Said.tsx";
import { useTexts } from "../texts.tsx";

/** With a new account, an old one, or none. */
const WAYS = ["register", "signIn", "guest"] as const;

export function SignIn() {
  const { t, language } = useTexts();
  const [way, setWay] = useState<(typeof WAYS)[number]>("register");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const [, go] = useLocation();
  const next = nextOf(useSearch());
  const title = t[way];
  useTitle(title);

  const enter = ({ email, password, displayName }: Record<"email" | "password" | "displayName", string>) => {
    if (way === "guest") return shop.guest({ email, name: displayName, locale: language });
    return way === "register" ? shop.register({ email, password, displayName }) : shop.login({ email, password });
  };
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setBusy(true);
    try {
      const entered = await enter(valuesOf(event.currentTarget));
      if ("code" in entered) setProblem(entered);
      // What is bought by one press goes to an address that is known; the checkout asks by itself.
      else go(way === "guest" && next !== "/checkout" ? `/address?next=${encodeURIComponent(next)}` : next, { replace: true });
    } catch (error) {
      setProblem({ message: (error as Error).message });
    }
    setBusy(false);
  };

  return (
    <div className="wide narrow">
      <h1>{title}</h1>
      <form className="sheet" onSubmit={submit}>
        {way !== "signIn" && <Field label={t.displayName} name="displayName" autoComplete="name" maxLength={100} />}
        <Field label={t.email} name="email" type="email" autoComplete="email" {...(way === "guest" && { hint: t.guestHint })} />
        {way !== "guest" && (
          <Field label={t.password} name="password" type="password" {...(way === "register" && { hint: t.passwordHint })}
            autoComplete={way === "register" ? "new-password" : "current-password"} />
        )}
        <Said problem={problem} />
        <button disabled={busy}>{title}</button>
      </form>
      {WAYS.filter((other) => other !== way).map((other) => (
        <p key={other}>
          <button className={`plain to-${other}`} onClick={() => (setWay(other), setProblem(undefined))}>{t.ways[other]}</button>
        </p>
      ))}
      {way === "signIn" && <p><Link href="/reset-password">{t.forgot}</Link></p>}
    </div>
  );
}
