import { graphql } from "../api/graphql.ts";
import { shop } from "../api/shop.ts";
import { useAction, useTitle } from "../api/use.ts";
import { Said } from "../parts/Said.tsx";
import { useTexts } from "../texts.tsx";
import { useMailedToken } from "../parts/mailed_token.ts";

const Verify = graphql(`
  mutation Verify($input: VerifyEmailInput!) {
    verifyEmail(input: $input) {
      __typename
      ... on VerifyEmailSuccess { email }
      ... on TryAgain { retryAfterMs }
      ... on Error { code message }
    }
  }
`);

/** Where the mail leads that asks whether an address is one's own. Pressed by a person: programs open links too. */
export function VerifyEmail() {
  const { t } = useTexts();
  const token = useMailedToken();
  const { run, busy, problem, done } = useAction(Verify, ["User"]);
  // The session's next token says so too: a sale may ask for it.
  const confirm = async () => {
    if ((await run({ input: { token } })) && shop.session.signedIn) await shop.session.renew();
  };
  useTitle(t.verifyEmail);
  return (
    <div className="wide narrow">
      <h1>{t.verifyEmail}</h1>
      <Said problem={problem} />
      {done ? <p role="status" className="notice">{t.verified(done.email)}</p>
        : <button onClick={confirm} disabled={busy}>{t.confirm}</button>}
    </div>
  );
}
