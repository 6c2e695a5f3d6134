// The filter of the alerts: words, and matchers with or without quotes. What
// stands in it must all hold.
//
//	severity=critical web "disk full"    instance=~"web.*",job!=db
import { matchable, matches, toMatcher } from "./matcher.js";

/** @typedef {{words: string[], matchers: import("./matcher.js").Matcher[], wrong: string}} Filter */

const piece = /([A-Za-z_][A-Za-z0-9_.]*)(=~|!~|!=|=)(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))|"([^"]*)"|([^\s,]+)/g;

/**
 * @param {string} text
 * @returns {Filter} wrong quotes what is no regular expression
 */
export function parseFilter(text) {
  /** @type {Filter} */
  const filter = { words: [], matchers: [], wrong: "" };
  for (const [all, name, op, quoted, bare, phrase, word] of text.replace(/^\s*\{|\}\s*$/g, "").matchAll(piece)) {
    if (!name) filter.words.push((phrase ?? word).toLowerCase());
    else {
      const matcher = toMatcher(name, op, quoted === undefined ? bare : unquote(quoted));
      if (matcher) filter.matchers.push(matcher);
      else filter.wrong = all;
    }
  }
  return filter;
}

/** What stands between quotes; an escape that is none, as in web\.1, stays.
 * @param {string} inner
 * @returns {string}
 */
function unquote(inner) {
  try {
    return JSON.parse(`"${inner}"`);
  } catch {
    return inner;
  }
}

/**
 * @param {Filter} filter
 * @param {Alert} a
 */
export function passes(filter, a) {
  if (filter.matchers.length > 0 && !matches(filter.matchers, matchable(a))) return false;
  if (filter.words.length === 0) return true;
  const said = [a.name, a.summary, a.target, a.state, a.class, a.ack?.by, ...(a.told ?? []), ...Object.values(a.labels ?? {})].join("\n").toLowerCase();
  return filter.words.every((w) => said.includes(w));
}
