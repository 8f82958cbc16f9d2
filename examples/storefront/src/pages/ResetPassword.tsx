import type { FormEvent } from "react";
import { Link } from "wouter";
import { graphql } from "../api/graphql.ts";
import { useAction, useTitle } from "../api/use.ts";
import { Field, valuesOf } from "../parts/Field.tsx";
import { Said } from "../parts/Said.tsx";
import { useMailedToken } from "../parts/mailed_token.ts";
import { useTexts } from "../texts.tsx";

const Request = graphql(`
  mutation Request($input: RequestPasswordResetInput!) {
    requestPasswordReset(input: $input) {
      __typename
      ... on RequestPasswordResetSuccess { accepted }
      ... on TryAgain { retryAfterMs }
      ... on Error { code message }
    }
  }
`);
const Reset = graphql(`
  mutation Reset($input: ResetPasswordInput!) {
    resetPassword(input: $input) {
      __typename
      ... on ResetPasswordSuccess { reset }
      ... on TryAgain { retryAfterMs }
      ... on InvalidInput { fields { path message } }
      ... on Error { code message }
    }
  }
`);

/** Ask for the mail; or, where it leads to, choose a new password. */
export function ResetPassword() {
  const { t } = useTexts();
  const token = useMailedToken();
  useTitle(t.forgot);
  return (
    <div className="wide narrow">
      <h1>{t.forgot}</h1>
      {token ? <Choose token={token} /> : <Ask />}
    </div>
  );
}

function Ask() {
  const { t } = useTexts();
  const { run, busy, problem, done } = useAction(Request);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    void run({ input: valuesOf<"email">(event.currentTarget) });
  };
  if (done) return <p role="status" className="notice">{t.mailed}</p>;
  return (
    <form className="sheet" onSubmit={submit}>
      <Field label={t.email} name="email" type="email" autoComplete="email" />
      <Said problem={problem} />
      <button disabled={busy}>{t.mailMe}</button>
    </form>
  );
}

function Choose({ token }: { token: string }) {
  const { t } = useTexts();
  const { run, busy, problem, done } = useAction(Reset);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    void run({ input: { token, ...valuesOf<"newPassword">(event.currentTarget) } });
  };
  if (done) return <p role="status" className="notice">{t.passwordChanged} <Link href="/sign-in">{t.signIn}</Link></p>;
  return (
    <form className="sheet" onSubmit={submit}>
      <Field label={t.newPassword} name="newPassword" type="password" autoComplete="new-password" hint={t.passwordHint} />
      <Said problem={problem} />
      <button disabled={busy}>{t.save}</button>
    </form>
  );
}
