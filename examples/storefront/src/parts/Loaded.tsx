import type { ReactNode } from "react";
import type { CombinedError } from "urql";
import { useTexts } from "../texts.tsx";

interface Props<Data> {
  of: { data?: Data | undefined; error?: CombinedError | undefined };
  children: (data: Data) => ReactNode;
}

/** What was asked for, once it is there; or why it is not. */
export function Loaded<Data>({ of: { data, error }, children }: Props<Data>) {
  const { t } = useTexts();
  if (data) return children(data);
  if (error) return <p role="alert" className="wide problem">{error.networkError ? t.failed : error.graphQLErrors[0]?.message}</p>;
  return <p className="wide loading" role="status">{t.loading}</p>;
}
