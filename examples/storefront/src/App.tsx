import { useEffect, useRef } from "react";
import { Route, Switch, useLocation } from "wouter";
import { Account } from "./pages/Account.tsx";
import { Address } from "./pages/Address.tsx";
import { Cart } from "./pages/Cart.tsx";
import { Checkout } from "./pages/Checkout.tsx";
import { Home } from "./pages/Home.tsx";
import { Listing } from "./pages/Listing.tsx";
import { NotFound } from "./pages/NotFound.tsx";
import { Order } from "./pages/Order.tsx";
import { OrderByLink } from "./pages/OrderByLink.tsx";
import { Product } from "./pages/Product.tsx";
import { ResetPassword } from "./pages/ResetPassword.tsx";
import { Sale } from "./pages/Sale.tsx";
import { SignIn } from "./pages/SignIn.tsx";
import { VerifyEmail } from "./pages/VerifyEmail.tsx";
import { Boundary } from "./parts/Boundary.tsx";
import { Footer } from "./parts/Footer.tsx";
import { Header } from "./parts/Header.tsx";
import { useTexts } from "./texts.tsx";

export function App() {
  const { t } = useTexts();
  const [path] = useLocation();
  const content = useRef<HTMLElement>(null);
  // As when a page is loaded: at its top, and for a screen reader too.
  useEffect(() => {
    window.scrollTo(0, 0);
    content.current?.focus({ preventScroll: true });
  }, [path]);
  return (
    <>
      <a className="skip" href="#content">{t.skip}</a>
      <Header />
      <main id="content" tabIndex={-1} ref={content}>
        <Boundary key={path} instead={<p role="alert" className="wide problem">{t.broken}</p>}>
          <Switch>
            <Route path="/"><Home /></Route>
            <Route path="/products"><Listing /></Route>
            <Route path="/c/:slug">{({ slug }) => <Listing slug={slug} />}</Route>
            <Route path="/p/:slug">{({ slug }) => <Product slug={slug} />}</Route>
            <Route path="/sale/:id">{({ id }) => <Sale id={id} />}</Route>
            <Route path="/cart"><Cart /></Route>
            <Route path="/checkout"><Checkout /></Route>
            <Route path="/order"><OrderByLink /></Route>
            <Route path="/order/:id">{({ id }) => <Order id={id} />}</Route>
            <Route path="/account"><Account /></Route>
            <Route path="/address"><Address /></Route>
            <Route path="/sign-in"><SignIn /></Route>
            <Route path="/verify-email"><VerifyEmail /></Route>
            <Route path="/reset-password"><ResetPassword /></Route>
            <Route><NotFound /></Route>
          </Switch>
        </Boundary>
      </main>
      <Footer />
    </>
  );
}
