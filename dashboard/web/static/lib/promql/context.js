// What may stand where the cursor is: the name of a metric or function, a label,
// the value of a label, or nothing that is known.
//
//	sum by (‸) (rate(http_requests_total{job="‸"‸}[5m]))
//	        label                           value label
import { keywords, promFunctions } from "./functions.js";
import { stringValue, tokens } from "./tokens.js";

/** @typedef {import("./tokens.js").Token} Token */

/**
 * @typedef {Object} Context
 * @property {"name" | "label" | "value" | "none"} kind
 * @property {number} from where the word begins that is being typed
 * @property {number} to its end, or the cursor's place
 * @property {string} typed what of the word stands before the cursor
 * @property {string} label of which a value is typed
 * @property {string} op in front of the value
 * @property {string} quote of the string the value stands in
 * @property {boolean} open whether that string has no end yet
 * @property {string[]} selectors what of the series is known, for match[]
 */

const grouping = new Set(["by", "without", "on", "ignoring", "group_left", "group_right"]);

/** Two that stand beside each other. @param {Token | undefined} t @param {string} text */
const is = (t, text) => t?.text === text && t.kind !== "string";

/**
 * @param {string} text
 * @param {number} cursor
 * @returns {Context}
 */
export function contextAt(text, cursor) {
  const all = tokens(text);
  const at = all.findIndex((t) => t.from < cursor && (cursor < t.to || (cursor === t.to && (t.kind === "name" || t.open === true || t.kind === "comment"))));
  const word = at >= 0 ? all[at] : undefined;
  const before = at >= 0 ? all.slice(0, at) : all.filter((t) => t.to <= cursor);
  /** @type {Context} */
  const none = { kind: "none", from: cursor, to: cursor, typed: "", label: "", op: "", quote: "", open: false, selectors: [] };
  if (word && word.kind !== "name" && word.kind !== "string") return none;
  const place = enclosing(before);
  if (word?.kind === "string") return place.kind === "braces" ? valueContext(all, at, before, place.at, cursor) ?? none : none;
  const here = word
    ? { ...none, from: word.from, to: word.to, typed: text.slice(word.from, cursor) }
    : none;
  const last = before.at(-1);
  if (place.kind === "square" || (!word && digitAt(text, cursor))) return none;
  if (place.kind === "braces") {
    if (!is(last, "{") && !is(last, ",")) return none;
    return { ...here, kind: "label", selectors: selectorsAt(all, place.at, at) };
  }
  if (place.kind === "grouping") {
    if (!is(last, "(") && !is(last, ",")) return none;
    return { ...here, kind: "label", selectors: metricsOf(all, at) };
  }
  if (!word && last && (last.kind === "name" || is(last, ")") || is(last, "}") || is(last, "]")) && !keywords.has(last.text)) return none;
  return { ...here, kind: "name" };
}

/** Whether a number is being typed. @param {string} text @param {number} cursor */
function digitAt(text, cursor) {
  return /[0-9.]$/.test(text.slice(0, cursor));
}

/**
 * Which brackets are open, and at which token they begin.
 * @param {Token[]} before
 * @returns {{kind: "" | "braces" | "square" | "grouping" | "round", at: number}}
 */
function enclosing(before) {
  let depth = 0;
  for (let i = before.length - 1; i >= 0; i--) {
    const t = before[i];
    if (t.kind !== "punct") continue;
    if (t.text === ")" || t.text === "]" || t.text === "}") depth++;
    if (t.text !== "(" && t.text !== "[" && t.text !== "{") continue;
    if (depth-- > 0) continue;
    if (t.text === "{") return { kind: "braces", at: i };
    if (t.text === "[") return { kind: "square", at: i };
    return { kind: grouping.has(before[i - 1]?.text.toLowerCase()) ? "grouping" : "round", at: i };
  }
  return { kind: "", at: -1 };
}

/**
 * @param {Token[]} all
 * @param {number} at the string
 * @param {Token[]} before
 * @param {number} brace
 * @param {number} cursor
 * @returns {Context | null}
 */
function valueContext(all, at, before, brace, cursor) {
  const [label, op] = before.slice(-2);
  if (label?.kind !== "name" || !/^(=|!=|=~|!~)$/.test(op?.text ?? "")) return null;
  const word = all[at];
  const inner = { from: word.from + 1, to: word.open ? word.to : word.to - 1 };
  const typed = stringValue({ ...word, text: word.text.slice(0, cursor - word.from), open: true });
  return { kind: "value", ...inner, typed, label: label.text, op: op.text, quote: word.text[0], open: word.open === true, selectors: selectorsAt(all, brace, at) };
}

/**
 * The selector around a brace as match[] takes it, without the matcher that is
 * being typed; nothing if it selects nothing.
 * @param {Token[]} all
 * @param {number} brace
 * @param {number} typing the token under the cursor, or -1
 */
function selectorsAt(all, brace, typing) {
  const metric = all[brace - 1]?.kind === "name" && !keywords.has(all[brace - 1].text) ? all[brace - 1].text : "";
  const parts = [];
  for (let i = brace + 1; i < all.length && !is(all[i], "}"); i++) {
    const [label, op, value] = all.slice(i, i + 3);
    const whole = label.kind === "name" && op?.kind === "op" && value?.kind === "string" && !value.open;
    if (whole && i + 2 !== typing && i !== typing) parts.push(`${label.text}${op.text}${value.text}`);
    if (whole) i += 2;
  }
  const body = parts.length > 0 ? `{${parts.join(",")}}` : "";
  return metric || parts.some((p) => /[^!]=~?/.test(p)) ? [metric + body] : [];
}

/**
 * The metrics that an expression names.
 * @param {Token[]} all
 * @param {number} [but] the token under the cursor
 */
export function metricsOf(all, but = -1) {
  const names = all.filter((t, i) => i !== but && t.kind === "name" && !is(all[i + 1], "(") && !keywords.has(t.text.toLowerCase())
    && !promFunctions.has(t.text) && enclosingIsExpr(all.slice(0, i)));
  return [...new Set(names.map((t) => t.text))].slice(0, 10);
}

/** @param {Token[]} before */
function enclosingIsExpr(before) {
  const { kind } = enclosing(before);
  return kind === "" || kind === "round";
}
