// PromQL cut into tokens, whatever state it is in: an expression is mostly
// looked at while it is being typed. Nothing here judges it; the server does.

/**
 * @typedef {"name" | "number" | "duration" | "string" | "comment" | "op" | "punct" | "bad"} TokenKind
 * @typedef {{kind: TokenKind, text: string, from: number, to: number, open?: boolean}} Token
 *   to is the index after the last character; open: a string without its end
 */

/** @type {[TokenKind, RegExp][]} tried in this order at each place */
const kinds = [
  ["comment", /#[^\n]*/y],
  ["string", /"(?:\\[^]|[^"\\\n])*"?|'(?:\\[^]|[^'\\\n])*'?|`[^`]*`?/y],
  ["duration", /(?:\d+(?:ms|[smhdwy]))+(?![A-Za-z0-9_])/y],
  ["number", /0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y],
  ["name", /[A-Za-z_:][A-Za-z0-9_:]*/y],
  ["op", /=~|!~|!=|==|>=|<=|=|>|<|\+|-|\*|\/|%|\^|@/y],
  ["punct", /[(){}[\],]/y],
];

const space = /\s+/y;

/**
 * @param {string} text
 * @returns {Token[]} without the white space
 */
export function tokens(text) {
  /** @type {Token[]} */
  const found = [];
  let square = 0; // within brackets a colon divides a subquery, it begins no name
  for (let at = 0; at < text.length;) {
    const white = match(space, text, at);
    if (white) {
      at += white.length;
      continue;
    }
    const token = square > 0 && text[at] === ":" ? { kind: /** @type {TokenKind} */ ("punct"), text: ":", from: at, to: at + 1 } : next(text, at);
    if (token.text === "[") square++;
    if (token.text === "]" && square > 0) square--;
    found.push(token);
    at = token.to;
  }
  return found;
}

/**
 * @param {string} text
 * @param {number} at
 * @returns {Token}
 */
function next(text, at) {
  for (const [kind, pattern] of kinds) {
    const found = match(pattern, text, at);
    if (!found) continue;
    const token = { kind, text: found, from: at, to: at + found.length };
    return kind === "string" && !closed(found) ? { ...token, open: true } : token;
  }
  return { kind: "bad", text: text[at], from: at, to: at + 1 };
}

/**
 * @param {RegExp} pattern sticky
 * @param {string} text
 * @param {number} at
 */
function match(pattern, text, at) {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? "";
}

/** Whether a string ends with the quote that it begins with. @param {string} text */
function closed(text) {
  if (text.length < 2 || text.at(-1) !== text[0]) return false;
  if (text[0] === "`") return true;
  const escapes = /\\*$/.exec(text.slice(1, -1))?.[0].length ?? 0;
  return escapes % 2 === 0;
}

/**
 * What a string token says, without quotes and escapes.
 * @param {Token} token
 */
export function stringValue(token) {
  const body = token.text.slice(1, token.open ? undefined : -1);
  return token.text[0] === "`" ? body : body.replace(/\\([^])/g, (_, c) => ({ n: "\n", t: "\t", r: "\r" })[/** @type {string} */ (c)] ?? c);
}

/**
 * A text as the body of a string with this quote.
 * @param {string} text
 * @param {string} quote
 */
export function quoted(text, quote) {
  if (quote === "`") return text;
  const escaped = text.replace(/\\/g, "\\\\").replace(/\n/g, "\\n").replace(/\t/g, "\\t").replace(/\r/g, "\\r");
  return escaped.replaceAll(quote, `\\${quote}`);
}
