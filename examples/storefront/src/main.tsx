import { StrictMode, useMemo } from "react";
import { createRoot } from "react-dom/client";
import { Provider } from "urql";
import { newClient } from "./api/shop.ts";
import { useSignedIn } from "./api/use.ts";
import { App } from "./App.tsx";
import { Speaking } from "./texts.tsx";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/goods.css";
import "./styles/sale.css";
import "./styles/orders.css";

function Root() {
  const signedIn = useSignedIn();
  const client = useMemo(newClient, [signedIn]);
  return (
    <Provider value={client}>
      <Speaking>
        <App />
      </Speaking>
    </Provider>
  );
}

createRoot(document.getElementById("root")!).render(<StrictMode><Root /></StrictMode>);
