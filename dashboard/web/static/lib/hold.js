// Silences and downtimes: what a form asks for becomes what the server reads, and
// what the server has becomes words.
import { instantOf, parseSpan, writeSpan } from "./span.js";
import { parseInstant } from "./time.js";

/** What a form holds. @typedef {{match: string, span: string, from: string, until: string, times: string, timezone: string, flexible: string, recurs: boolean, note: string}} Draft */

/**
 * What is asked of the server for a draft.
 * @param {string} kind
 * @param {Draft} d
 * @returns {Record<string, unknown>}
 */
export function requestOf(kind, d) {
  const common = { match: d.match.trim(), note: d.note };
  if (kind === "silence") return { ...common, for: d.span };
  const flexible = d.flexible ? { flexible: d.flexible } : {};
  const from = instantOf(d.from) ? { from: instantOf(d.from) } : {};
  const until = instantOf(d.until) ? { until: instantOf(d.until) } : {};
  if (!d.recurs) return { ...common, ...from, ...until, ...flexible };
  return { ...common, ...flexible, times: timesOf(d.times), ...(d.timezone.trim() ? { timezone: d.timezone.trim() } : {}) };
}

/** The entries of a field, one a line or after a semicolon. @param {string} text */
export function timesOf(text) {
  return text.split(/[\n;]/).map((t) => t.trim()).filter(Boolean);
}

/**
 * What keeps a draft from being asked for, in words; "" for nothing.
 * @param {string} kind
 * @param {Draft} d
 */
export function missing(kind, d) {
  if (!d.match.trim()) return "Say which alerts: without matchers it would pick none.";
  if (kind === "silence") return parseSpan(d.span) === null ? "Say how long: 30m, 2h, 1d." : "";
  if (d.flexible && parseSpan(d.flexible) === null) return "Say how long it lasts once it begins: 30m, 2h.";
  if (d.recurs) return timesOf(d.times).length === 0 ? "Say when: Mon-Fri 02:00-04:00." : "";
  if (!instantOf(d.from) || !instantOf(d.until)) return "Say from when until when.";
  return instantOf(d.until) <= instantOf(d.from) ? "The end is not after the begin." : "";
}

/**
 * Whether it holds now, will, or waits for a problem.
 * @param {Hold} h
 * @param {number} now
 * @returns {"active" | "planned" | "waits"}
 */
export function stateOf(h, now) {
  const from = parseInstant(h.from) ?? 0;
  const until = parseInstant(h.until) ?? Infinity;
  if (h.active) return "active";
  const open = h.times ? (parseInstant(h.windows[0]?.from) ?? Infinity) <= now : from <= now && now < until;
  return h.flexible && open ? "waits" : "planned";
}

/** When it holds besides from and until, in words. @param {Hold} h */
export function timesWords(h) {
  const parts = [];
  if (h.times) parts.push(`${h.times.join("; ")} ${h.timezone || "UTC"}`);
  if (h.flexible) parts.push(`for ${writeSpan(parseSpan(h.flexible) ?? 0)} from the first problem`);
  return parts.join(", ");
}
