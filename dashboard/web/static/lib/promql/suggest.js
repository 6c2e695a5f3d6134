// What is offered for what was typed, best first, and what a choice changes in
// the text.
import { keywords, promFunctions } from "./functions.js";
import { quoted } from "./tokens.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {{text: string, kind: "metric" | "function" | "aggregation" | "keyword" | "label" | "value", detail: string, help: string}} Offer */
/** @typedef {Map<string, {type: string, help: string, unit: string}[]>} Metadata */

const most = 50; // offers; more are found by typing on

/**
 * How well a candidate fits what was typed; 0: not at all. The begin counts most,
 * then the begin of a word, then any place.
 * @param {string} candidate
 * @param {string} typed
 */
export function fits(candidate, typed) {
  if (typed === "") return 1;
  const [c, t] = [candidate.toLowerCase(), typed.toLowerCase()];
  if (c === t) return 5;
  if (c.startsWith(t)) return 4;
  const at = c.indexOf(t);
  if (at > 0) return /[_:./-]/.test(c[at - 1]) ? 3 : 2;
  return t.includes("_") && begins(c.split("_"), t.split("_")) ? 1 : 0;
}

/** Whether words begin with these parts, in their order: node_sec of node_cpu_seconds.
 * @param {string[]} words
 * @param {string[]} parts
 */
function begins(words, parts) {
  let at = 0;
  for (const w of words) if (w.startsWith(parts[at] ?? "\0")) at++;
  return at === parts.length;
}

/**
 * @param {Offer[]} offers
 * @param {string} typed
 */
export function best(offers, typed) {
  const scored = offers.map((offer) => ({ offer, score: fits(offer.text, typed) })).filter((s) => s.score > 0);
  scored.sort((a, b) => b.score - a.score || rank(a.offer) - rank(b.offer) || (a.offer.text < b.offer.text ? -1 : 1));
  return scored.slice(0, most).map((s) => s.offer);
}

/** Metrics, then functions: there are few of the latter, and they are short. @param {Offer} o */
function rank(o) {
  return { aggregation: 0, function: 0, metric: 1, keyword: 2, label: 0, value: 0 }[o.kind];
}

/**
 * Names for the start of an operand.
 * @param {string[]} metrics
 * @param {Metadata} metadata
 * @returns {Offer[]}
 */
export function nameOffers(metrics, metadata) {
  /** @type {Offer[]} */
  const found = metrics.map((text) => ({ text, kind: "metric", detail: about(metadata, text)?.type ?? "", help: about(metadata, text)?.help ?? "" }));
  for (const f of promFunctions.values()) found.push({ text: f.name, kind: f.kind, detail: `(${f.takes})`, help: f.help });
  for (const [text, help] of keywords) found.push({ text, kind: "keyword", detail: "", help });
  return found;
}

/**
 * What is known of a metric; those of summaries and histograms have what is known
 * of the whole.
 * @param {Metadata} metadata
 * @param {string} name
 */
export function about(metadata, name) {
  const whole = name.replace(/_(count|sum|bucket|total)$/, "");
  return metadata.get(name)?.[0] ?? metadata.get(whole)?.[0];
}

/**
 * The text after a choice, and where the cursor stands then.
 * @param {string} text
 * @param {Context} context
 * @param {Offer} offer
 * @returns {{text: string, cursor: number}}
 */
export function accept(text, context, offer) {
  const { from, to } = context;
  const rest = text.slice(to);
  const put = (/** @type {string} */ word, /** @type {number} */ back = 0) => ({ text: text.slice(0, from) + word + rest, cursor: from + word.length - back });
  switch (offer.kind) {
    case "function": case "aggregation":
      if (/^\s*\(/.test(rest)) return put(offer.text);
      return put(`${offer.text}()`, promFunctions.get(offer.text)?.takes ? 1 : 0);
    case "metric": // a name that is no identifier stands in braces
      return put(/^[A-Za-z_:][A-Za-z0-9_:]*$/.test(offer.text) ? offer.text : `{"${quoted(offer.text, '"')}"}`);
    case "value":
      return acceptValue(text, context, offer);
  }
  return put(offer.text);
}

/**
 * @param {string} text
 * @param {Context} context
 * @param {Offer} offer
 */
function acceptValue(text, context, offer) {
  const { from, to, quote, open } = context;
  const pattern = context.op.endsWith("~");
  const before = pattern ? text.slice(from, from + lastBranch(text.slice(from, to))) : "";
  const word = before + quoted(pattern ? literal(offer.text) : offer.text, quote);
  const end = open ? quote : "";
  return { text: text.slice(0, from) + word + end + text.slice(to), cursor: from + word.length + 1 };
}

/** Where the last of a|b|c begins. @param {string} body */
function lastBranch(body) {
  return body.lastIndexOf("|") + 1;
}

/** What of a pattern is being typed. @param {Context} context */
export function typedValue(context) {
  return context.op.endsWith("~") ? context.typed.slice(lastBranch(context.typed)) : context.typed;
}

/** As a pattern that means the text itself. @param {string} text */
function literal(text) {
  return text.replace(/[\\^$.|?*+()[\]{}]/g, "\\$&");
}
