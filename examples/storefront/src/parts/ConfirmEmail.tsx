import { graphql } from "../api/graphql.ts";
import { useAction } from "../api/use.ts";
import { useTexts } from "../texts.tsx";
import { Said } from "./Said.tsx";

const Ask = graphql(`
  mutation AskToConfirm {
    requestEmailVerification {
      __typename
      ... on RequestEmailVerificationSuccess { email }
      ... on TryAgain { retryAfterMs }
      ... on Error { code message }
    }
  }
`);

/** For a sale that wants to know that an address is one's own. The mail's link leads to VerifyEmail. */
export function ConfirmEmail() {
  const { t } = useTexts();
  const { run, busy, problem, done } = useAction(Ask);
  if (done) return <p role="status" className="notice">{t.confirmMailed(done.email)}</p>;
  return (
    <>
      <button className="quiet" onClick={() => run({})} disabled={busy}>{t.mailMe}</button>
      <Said problem={problem} />
    </>
  );
}
