import { Link } from "wouter";
import { useTitle } from "../api/use.ts";
import { useTexts } from "../texts.tsx";

export function NotFound() {
  const { t } = useTexts();
  useTitle(t.notFound);
  return (
    <div className="wide narrow">
      <h1>{t.notFound}</h1>
      <Link className="button" href="/">{t.home}</Link>
    </div>
  );
}
