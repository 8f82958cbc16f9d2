import { useEffect } from "react";
import { Route, Switch, useLocation } from "wouter";
import { Account } from "./pages/Account.tsx";
import { Cart } from "./pages/Cart.tsx";
import { Checkout } from "./pages/Checkout.tsx";
import { Home } from "./pages/Home.tsx";
import { Listing } from "./pages/Listing.tsx";
import { NotFound } from "./pages/NotFound.tsx";
import { Order } from "./pages/Order.tsx";
import { Product } from "./pages/Product.tsx";
import { ResetPassword } from "./pages/ResetPassword.tsx";
import { Sale } from "./pages/Sale.tsx";
import { SignIn } from "./pages/SignIn.tsx";
import { VerifyEmail } from "./pages/VerifyEmail.tsx";
import { Footer } from "./parts/Footer.tsx";
import { Header } from "./parts/Header.tsx";
import { useTexts } from "./texts.tsx";

export function App() {
  const { t } = useTexts();
  const [path] = useLocation();
  useEffect(() => void window.scrollTo(0, 0), [path]);
  return (
    <>
      <a className="skip" href="#content">{t.skip}</a>
      <Header />
      <main id="content" tabIndex={-1}>
        <Switch>
          <Route path="/"><Home /></Route>
          <Route path="/products"><Listing /></Route>
          <Route path="/c/:slug">{({ slug }) => <Listing key={slug} slug={slug} />}</Route>
          <Route path="/p/:slug">{({ slug }) => <Product key={slug} slug={slug} />}</Route>
          <Route path="/sale/:id">{({ id }) => <Sale key={id} id={id} />}</Route>
          <Route path="/cart"><Cart /></Route>
          <Route path="/checkout"><Checkout /></Route>
          <Route path="/order/:id">{({ id }) => <Order key={id} id={id} />}</Route>
          <Route path="/account"><Account /></Route>
          <Route path="/sign-in"><SignIn /></Route>
          <Route path="/verify-email"><VerifyEmail /></Route>
          <Route path="/reset-password"><ResetPassword /></Route>
          <Route><NotFound /></Route>
        </Switch>
      </main>
      <Footer />
    </>
  );
}
