import type { ReactNode } from "react";
import { useQuery, useSubscription } from "urql";
import { Link, useLocation } from "wouter";
import { graphql } from "../api/graphql.ts";
import { useAction, useSignedIn } from "../api/use.ts";
import { useTexts } from "../texts.tsx";
import { Said } from "./Said.tsx";

const TicketParts = graphql(`
  fragment Ticket on WaitingRoomTicket @_unmask { ahead admitted expectedWaitSeconds pass }
`);
const Ticket = graphql(`query Ticket($saleId: ID!) { flashSaleTicket(saleId: $saleId) { ...Ticket } }`, [TicketParts]);
const Moved = graphql(`subscription Moved($saleId: ID!) { flashSaleTicketUpdated(saleId: $saleId) { ...Ticket } }`, [TicketParts]);
const Enter = graphql(`
  mutation Enter($input: EnterFlashSaleInput!) {
    enterFlashSale(input: $input) {
      __typename
      ...Ticket
      ... on TryAgain { retryAfterMs }
      ... on Error { code message }
    }
  }
`, [TicketParts]);

// Asked for again when somebody enters, though there was none before.
const CONTEXT = { additionalTypenames: ["WaitingRoomTicket"] };

interface Props {
  saleId: string;
  running: boolean;
  /** What is shown to who is let in. */
  children: (pass: string) => ReactNode;
}

/** A place in the line, and how it moves, until one is let in. */
export function WaitingRoom({ saleId, running, children }: Props) {
  const { t } = useTexts();
  const [path] = useLocation();
  const signedIn = useSignedIn();
  const variables = { saleId };
  const [{ data: asked }] = useQuery({ query: Ticket, variables, context: CONTEXT, pause: !signedIn });
  const { run, busy, problem } = useAction(Enter, ["WaitingRoomTicket"]);
  const first = asked?.flashSaleTicket;
  const [{ data: moved }] = useSubscription({ query: Moved, variables, pause: !first || first.admitted });
  const ticket = moved?.flashSaleTicketUpdated ?? first;
  if (!signedIn) return <Link className="button" href={`/sign-in?next=${encodeURIComponent(path)}`}>{t.signInToBuy}</Link>;
  if (ticket?.pass) return <><p role="status" className="notice">{t.yourTurn}</p>{children(ticket.pass)}</>;
  if (ticket) {
    return (
      <div className="line" role="status">
        <b>{t.inLine(ticket.ahead)}</b>
        <p>{running ? t.waiting(ticket.expectedWaitSeconds) : t.lineOpens}</p>
      </div>
    );
  }
  return (
    <div className="line">
      <p>{t.roomHint}</p>
      <button onClick={() => run({ input: { saleId } })} disabled={busy}>{t.joinLine}</button>
      <Said problem={problem} />
    </div>
  );
}
