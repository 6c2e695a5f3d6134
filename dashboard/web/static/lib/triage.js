// Which alerts are shown, where, and in which order: the worst first, what is
// held back apart.
import { parseFilter, passes } from "./filter.js";
import { wrong } from "./states.js";

/** @typedef {{text: string, held: boolean, acked: boolean}} Wish what the reader wants to see */
/** @typedef {{open: Alert[], held: Alert[], hidden: {text: number, held: number, acked: number}, wrong: string}} Triage */

/** Whether nobody new is told of an alert, for reasons that stand in it. @param {Alert} a */
export const isHeld = (a) => (a.holds ?? []).length > 0;

/**
 * @param {Alert[]} alerts
 * @param {Wish} wish
 * @returns {Triage}
 */
export function triage(alerts, wish) {
  const filter = parseFilter(wish.text);
  /** @type {Triage} */
  const t = { open: [], held: [], hidden: { text: 0, held: 0, acked: 0 }, wrong: filter.wrong };
  for (const a of wrong(alerts)) {
    if (!passes(filter, a)) t.hidden.text++;
    else if (a.ack && !wish.acked) t.hidden.acked++;
    else if (!isHeld(a)) t.open.push(a);
    else if (wish.held) t.held.push(a);
    else t.hidden.held++;
  }
  return t;
}

/**
 * What is not shown, in words; "" when all is.
 * @param {Triage["hidden"]} hidden
 */
export function hiddenWords({ text, held, acked }) {
  const parts = [[text, "do not match the filter"], [acked, "acknowledged"], [held, "held back"]]
    .filter(([n]) => Number(n) > 0).map(([n, what]) => `${n} ${what}`);
  return parts.length === 0 ? "" : `Not shown: ${parts.join(", ")}.`;
}

/** The kinds of holds as people say them. @type {Record<string, string>} */
const kinds = {
  silence: "silenced", downtime: "in downtime", service: "the service copes",
  dependency: "not reachable by what it depends on", host: "its host is silent",
};

/** @param {AlertHold} h */
export function holdKind(h) {
  return Object.hasOwn(kinds, h.kind) ? kinds[h.kind] : h.kind;
}
