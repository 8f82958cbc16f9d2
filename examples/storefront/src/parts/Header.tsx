import { useEffect, useState, type FormEvent } from "react";
import { useQuery } from "urql";
import { Link, useLocation, useSearch } from "wouter";
import { graphql } from "../api/graphql.ts";
import { shop } from "../api/shop.ts";
import { useSignedIn } from "../api/use.ts";
import { useTexts } from "../texts.tsx";

const HeaderQuery = graphql(`
  query Header {
    me { id }
    categories { id name slug position parent { id } }
    cart { id totalQuantity }
  }
`);
const CART = { additionalTypenames: ["Cart"] };

export function Header() {
  const { t, name, language, speak } = useTexts();
  const signedIn = useSignedIn();
  const [{ data, stale }] = useQuery({ query: HeaderQuery, context: CART });
  const lost = signedIn && !stale && data?.me === null;
  // Its cookies are gone, or it was ended elsewhere: the renewal tells.
  useEffect(() => {
    if (lost) void shop.session.renew();
  }, [lost]);
  const count = data?.cart?.totalQuantity ?? 0;
  return (
    <header className="top">
      <div className="wide bar">
        <Link href="/" className="brand">
          <img src="/moon.svg" alt="" width="30" height="30" />
          <span>Duskmere{language === "zh" && " 暮湖"}</span>
        </Link>
        <Search />
        <div className="tools">
          <button className="plain" onClick={() => speak(language === "zh" ? "en" : "zh")} lang={language === "zh" ? "en" : "zh"}>
            {language === "zh" ? "English" : "中文"}
          </button>
          <Link href={signedIn ? "/account" : "/sign-in"}>{signedIn ? t.account : t.signIn}</Link>
          <Link href="/cart" className="cart-link">
            {t.cart}
            {count > 0 && <span className="count">{count}</span>}
          </Link>
        </div>
      </div>
      <nav className="wide" aria-label={t.category}>
        <Link href="/products">{t.allProducts}</Link>
        {data?.categories.filter((one) => !one.parent).map((one) => (
          <Link key={one.id} href={`/c/${one.slug}`}>{name(one.name)}</Link>
        ))}
      </nav>
    </header>
  );
}

function Search() {
  const { t } = useTexts();
  const [, go] = useLocation();
  const asked = new URLSearchParams(useSearch()).get("q") ?? "";
  const [text, setText] = useState(asked);
  useEffect(() => setText(asked), [asked]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    go(`/products?${new URLSearchParams({ q: text })}`);
  };
  return (
    <form role="search" onSubmit={submit}>
      <input type="search" name="q" aria-label={t.search} placeholder={t.searchFor} value={text} maxLength={100}
        onChange={(event) => setText(event.target.value)} />
    </form>
  );
}
