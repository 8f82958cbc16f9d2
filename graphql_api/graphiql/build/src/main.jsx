import './workers.js';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './page.css';
import { explorerPlugin } from '@graphiql/plugin-explorer';
import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';
import { exampleTabs } from './examples.js';
import { createFetcher } from './fetcher.js';
import { SessionBar } from './session-bar.jsx';
import * as session from './session.js';

// What is typed into the editors may be a password: it goes when the browser's tab is closed.
function tabStorage() {
  try {
    return window.sessionStorage;
  } catch {
    return { length: 0, getItem: () => null, setItem() {}, removeItem() {}, clear() {} };
  }
}

const place = document.getElementById('graphiql');
const { endpoint, accounts = '[]' } = place.dataset;
const plugins = [explorerPlugin({ showAttribution: false }), HISTORY_PLUGIN];

session.resume(endpoint);
createRoot(place).render(
  <GraphiQL
    fetcher={createFetcher(endpoint)}
    plugins={plugins}
    defaultTabs={exampleTabs()}
    defaultEditorToolsVisibility="variables"
    storage={tabStorage()}
  >
    <GraphiQL.Logo>
      <span className="rushcart-name">Rushcart</span>
      <SessionBar accounts={JSON.parse(accounts)} />
    </GraphiQL.Logo>
  </GraphiQL>,
);
