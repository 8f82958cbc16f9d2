import type { Keyless } from "@rushcart/client";
import type { TadaDocumentNode } from "gql.tada";
import { useEffect, useState, useSyncExternalStore } from "react";
import { useClient } from "urql";
import { shop } from "./shop.ts";

/** What a union's members have that say why nothing was done. */
export interface Problem {
  code?: string;
  message: string;
  fields?: readonly { path: readonly string[]; message: string }[];
}

type Done<Data> = Exclude<Data[keyof Data], { code: string }>;

/** A mutation: run it, whether it runs, why it was refused, or what came of it. `touches`: the types that others should ask for again. */
export function useAction<Data, Variables extends object>(
  document: TadaDocumentNode<Data, Variables>,
  touches: string[] = [],
) {
  const client = useClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const [done, setDone] = useState<Done<Data>>();
  const run = async (variables: Keyless<Variables>): Promise<Done<Data> | undefined> => {
    setBusy(true);
    setProblem(undefined);
    const asked = client.mutation(document, variables as unknown as Variables, { additionalTypenames: touches });
    const { data, error } = await asked.toPromise();
    const answer = Object.values(data ?? {})[0] as Problem | undefined;
    const refused = error ? { message: error.graphQLErrors[0]?.message ?? error.message } : answer?.code ? answer : undefined;
    setProblem(refused);
    setBusy(false);
    const made = refused ? undefined : (answer as Done<Data>);
    setDone(made);
    return made;
  };
  return { run, busy, problem, done };
}

export const useSignedIn = (): boolean =>
  useSyncExternalStore((tell) => shop.session.onChange(tell), () => shop.session.signedIn);

/** The server's time, each second. */
export function useNow(): number {
  const [now, setNow] = useState(() => shop.clock.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(shop.clock.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** Whether somebody looks: a tab that is hidden needs no live connection. */
export const useSeen = (): boolean =>
  useSyncExternalStore(
    (tell) => {
      document.addEventListener("visibilitychange", tell);
      return () => document.removeEventListener("visibilitychange", tell);
    },
    () => document.visibilityState === "visible",
  );

export function useTitle(title: string | undefined): void {
  useEffect(() => {
    document.title = title ? `${title} · Duskmere` : "Duskmere";
  }, [title]);
}
