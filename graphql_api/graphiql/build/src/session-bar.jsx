import { Button, Dialog, useGraphiQL } from '@graphiql/react';
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import * as results from './results.js';
import * as session from './session.js';

/** At the top right: who is signed in, or the button to do so. `accounts` are a demo shop's. */
export function SessionBar({ accounts }) {
  const now = useSyncExternalStore(session.subscribe, session.current);
  const [open, setOpen] = useState(false);
  useFilledVariables();
  if (now) return <SignedIn now={now} />;
  return (
    <span className="rushcart-session">
      <Button type="button" className="rushcart-primary" onClick={() => setOpen(true)}>
        Sign in
      </Button>
      <Dialog open={open} onOpenChange={setOpen} aria-describedby={undefined}>
        <SignIn accounts={accounts} done={() => setOpen(false)} />
      </Dialog>
    </span>
  );
}

function SignedIn({ now }) {
  const [busy, setBusy] = useState(false);
  const staff = ['ADMIN', 'STAFF'].find((role) => now.roles?.includes(role));
  const leave = async () => {
    setBusy(true);
    await session.signOut();
  };
  return (
    <span className="rushcart-session">
      <span className="rushcart-who" title={`Signed in as ${now.email} (${now.roles?.join(', ')})`}>
        {now.email || 'Signed in'}
      </span>
      {staff && <span className="rushcart-role">{staff}</span>}
      <Button type="button" disabled={busy} onClick={leave}>
        Sign out
      </Button>
    </span>
  );
}

function SignIn({ accounts, done }) {
  const [email, setEmail] = useState(accounts[0]?.email ?? '');
  const [password, setPassword] = useState(accounts[0]?.password ?? '');
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event) => {
    event.preventDefault(); // no form leaves this page: the policy forbids it
    setBusy(true);
    const why = await session.signIn(email, password);
    if (why === null) return done();
    setProblem(why);
    setBusy(false);
  };
  return (
    <form className="rushcart-sign-in" onSubmit={submit}>
      <div className="graphiql-dialog-header">
        <Dialog.Title className="graphiql-dialog-title">Sign in</Dialog.Title>
        <Dialog.Close />
      </div>
      {accounts.length > 0 && (
        <p className="rushcart-accounts">
          This shop is a demo:{' '}
          {accounts.map((one) => (
            <Button
              type="button"
              key={one.email}
              aria-pressed={one.email === email}
              onClick={() => {
                setEmail(one.email);
                setPassword(one.password);
              }}
            >
              {one.name}
            </Button>
          ))}
        </p>
      )}
      <label>
        E-mail
        <input
          type="email"
          required
          autoFocus={!email}
          autoComplete="username"
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
      </label>
      <label>
        Password
        <input
          type="password"
          required
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
      </label>
      <p className="rushcart-problem" role="alert">
        {problem}
      </p>
      <Button type="submit" className="rushcart-primary" autoFocus={accounts.length > 0} disabled={busy}>
        {busy ? 'Signing in …' : 'Sign in'}
      </Button>
    </form>
  );
}

/** Keeps the variables of the tab that is shown filled in with what other tabs found. */
function useFilledVariables() {
  const editor = useGraphiQL((state) => state.variableEditor);
  const index = useGraphiQL((state) => state.activeTabIndex);
  const kept = useGraphiQL((state) => state.tabs[state.activeTabIndex]?.variables);
  const first = useRef(true);
  useEffect(() => {
    if (!editor) return;
    // GraphiQL 5.4 shows the first tab's operation, but not its variables.
    if (first.current && !editor.getValue() && kept) editor.setValue(kept);
    first.current = false;
    const update = () => {
      const text = editor.getValue();
      const filled = results.fill(text);
      if (filled !== text) editor.setValue(filled);
    };
    update();
    return results.subscribe(update);
  }, [editor, index]);
}
