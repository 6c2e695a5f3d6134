// The state of a list of completions: what is offered, what is chosen, and what
// the keys do.
import { useEffect, useRef, useState } from "../../lib/preact.js";
import { contextAt } from "../../lib/promql/context.js";
import { known } from "../../lib/promql/known.js";
import { accept, fits, typedValue } from "../../lib/promql/suggest.js";
import { range } from "../../lib/route.js";
import { bounds } from "../../lib/time.js";

/** @typedef {import("../../lib/promql/suggest.js").Offer} Offer */
/** @typedef {{offers: Offer[], chosen: number, choose: (i: number) => void, take: (i: number) => void, close: () => void, typed: () => void, open: () => void, key: (event: KeyboardEvent) => boolean}} Completion */

const soonMs = 80; // after the last key
const pageKeys = 8;

/**
 * @param {{current: HTMLTextAreaElement | null}} field
 * @param {(text: string, cursor: number) => void} change
 * @returns {Completion}
 */
export function useCompletion(field, change) {
  const [offers, setOffers] = useState(/** @type {Offer[]} */ ([]));
  const [chosen, choose] = useState(0);
  const asked = useRef(0); // the last question: answers to others come too late
  const timer = useRef(0);
  const close = () => {
    asked.current++;
    clearTimeout(timer.current);
    setOffers([]);
  };
  useEffect(() => close, []);
  const ask = async (/** @type {boolean} */ evenEmpty) => {
    const el = field.current;
    if (!el) return;
    const mine = ++asked.current;
    const context = contextAt(el.value, el.selectionStart);
    if (context.kind === "name" && context.typed === "" && !evenEmpty) return close();
    const found = await known.offers(context, bounds(range.value, Date.now() / 1000)).catch(() => []); // typing goes on without
    if (mine !== asked.current) return;
    const done = found.length === 1 && found[0].text === context.typed;
    setOffers(done ? [] : found);
    choose(0);
  };
  const soon = (/** @type {boolean} */ evenEmpty) => {
    if (offers.length > 0 && stale(field.current, offers[chosen])) close(); // typing was faster than the answer
    clearTimeout(timer.current);
    timer.current = setTimeout(() => ask(evenEmpty), soonMs);
  };
  const take = (/** @type {number} */ i) => {
    const el = field.current;
    if (!el || !offers[i]) return;
    const next = accept(el.value, contextAt(el.value, el.selectionStart), offers[i]);
    close();
    change(next.text, next.cursor);
  };
  return { offers, chosen, choose, take, close, typed: () => soon(false), open: () => soon(true), key: (event) => !runs(event, field.current, offers[chosen]) && onKey(event, { offers, chosen, choose, take, close, open: () => soon(true) }) };
}

/** Whether an offer is for something else than what is typed by now.
 * @param {HTMLTextAreaElement | null} el
 * @param {Offer | undefined} offer
 */
function stale(el, offer) {
  if (!el || !offer) return true;
  const context = contextAt(el.value, el.selectionStart);
  const kind = { label: "label", value: "value" }[/** @type {string} */ (offer.kind)] ?? "name";
  return context.kind !== kind || fits(offer.text, typedValue(context)) === 0;
}

/** Whether Enter asks the query rather than takes the offer: that is for something
 * else by now, or stands there already.
 * @param {KeyboardEvent} event
 * @param {HTMLTextAreaElement | null} el
 * @param {Offer | undefined} offer
 */
function runs(event, el, offer) {
  if (event.key !== "Enter" || !el || !offer) return false;
  return stale(el, offer) || (offer.kind === "metric" && contextAt(el.value, el.selectionStart).typed === offer.text);
}

/**
 * What a key does to the list; false if the key is the field's.
 * @param {KeyboardEvent} event
 * @param {Pick<Completion, "offers" | "chosen" | "choose" | "take" | "close" | "open">} list
 */
function onKey(event, { offers, chosen, choose, take, close, open }) {
  if (event.key === " " && event.ctrlKey) return open(), true;
  if (offers.length === 0 || event.ctrlKey || event.metaKey || event.altKey) return false;
  const to = (/** @type {number} */ i) => choose(Math.max(0, Math.min(offers.length - 1, i)));
  switch (event.key) {
    case "ArrowDown": choose((chosen + 1) % offers.length); break;
    case "ArrowUp": choose((chosen + offers.length - 1) % offers.length); break;
    case "PageDown": to(chosen + pageKeys); break;
    case "PageUp": to(chosen - pageKeys); break;
    case "Enter": case "Tab":
      if (event.shiftKey) return false;
      take(chosen);
      break;
    case "Escape": close(); break;
    default: return false;
  }
  return true;
}
