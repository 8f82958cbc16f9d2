import './workers.js';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './page.css';
import { GraphiQL } from 'graphiql';
import { useSyncExternalStore } from 'react';
import { createRoot } from 'react-dom/client';
import { exampleTabs } from './examples.js';
import { createFetcher } from './fetcher.js';
import * as session from './session.js';

function SignedIn() {
  const now = useSyncExternalStore(session.subscribe, session.current);
  if (!now) return <span className="rushcart-session">Not signed in</span>;
  return (
    <span className="rushcart-session">
      Signed in{now.email && ` as ${now.email}`}{' '}
      <button type="button" onClick={session.forget}>
        Forget
      </button>
    </span>
  );
}

// What is typed into the editors may be a password: it goes when the browser's tab is closed.
function tabStorage() {
  try {
    return window.sessionStorage;
  } catch {
    return { length: 0, getItem: () => null, setItem() {}, removeItem() {}, clear() {} };
  }
}

const place = document.getElementById('graphiql');
const { endpoint, email, password } = place.dataset;

createRoot(place).render(
  <GraphiQL
    fetcher={createFetcher(endpoint)}
    defaultTabs={exampleTabs({ email, password })}
    defaultEditorToolsVisibility="variables"
    storage={tabStorage()}
  >
    <GraphiQL.Logo>
      <span className="rushcart-name">Rushcart</span> <SignedIn />
    </GraphiQL.Logo>
  </GraphiQL>,
);
