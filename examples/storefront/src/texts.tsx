import { createContext, useContext, useEffect, useState, type ReactNode } from "react";
import { en } from "./texts.en.ts";
import { zh } from "./texts.zh.ts";

export type Language = "en" | "zh";
export type Texts = typeof en;

const texts: Record<Language, Texts> = { en, zh };
const NAME = "language";

interface Speech {
  t: Texts;
  language: Language;
  speak: (language: Language) => void;
  /** The catalog's names are in both languages at once: the part that is in this one. */
  name: (text: string) => string;
  /** The catalog's descriptions are HTML with a paragraph for each language: its text. */
  prose: (html: string) => string;
  money: (money: { amount: string; currencyCode: string }) => string;
  date: (time: string) => string;
}

const Context = createContext<Speech | undefined>(undefined);
export const useTexts = (): Speech => useContext(Context)!;

export function Speaking({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState<Language>(
    () => (localStorage.getItem(NAME) ?? navigator.language).slice(0, 2) === "zh" ? "zh" : "en",
  );
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const speak = (chosen: Language) => (localStorage.setItem(NAME, chosen), setLanguage(chosen));
  return <Context value={speech(language, speak)}>{children}</Context>;
}

const HAN = /\p{Script=Han}(.*\p{Script=Han})?/u;

const speech = (language: Language, speak: Speech["speak"]): Speech => ({
  t: texts[language],
  language,
  speak,
  name: (text) => (language === "zh" ? text.match(HAN)?.[0] : text.replace(HAN, "").trim()) || text,
  prose: (html) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    const own = page.querySelectorAll(`[lang=${language}]`);
    return [...(own.length ? own : [page.body])].map((one) => one.textContent).join("\n");
  },
  // As texts: an amount is no float.
  money: ({ amount, currencyCode }) =>
    new Intl.NumberFormat(language, { style: "currency", currency: currencyCode }).format(amount as `${number}`),
  date: (time) => new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(new Date(time)),
});
