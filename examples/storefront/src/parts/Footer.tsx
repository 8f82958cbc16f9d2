import { useTexts } from "../texts.tsx";

export function Footer() {
  const { t } = useTexts();
  return (
    <footer>
      <div className="wide">
        <p><strong>Duskmere 暮湖</strong> · {t.motto}</p>
        <p>{t.demo}</p>
      </div>
    </footer>
  );
}
