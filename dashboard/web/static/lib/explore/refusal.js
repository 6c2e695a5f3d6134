// What the server says of a query that it does not answer, and at which place
// of the query.
import { Trouble } from "../api.js";

/** @typedef {{from: number, to: number, line: number, column: number, said: string}} Fault */

/**
 * Where the parser stopped, of "… 1:5: parse error: unexpected …"; null if it is
 * no such message. The parser counts bytes, the page characters.
 * @param {string} message
 * @param {string} text the query
 * @returns {Fault | null}
 */
export function faultIn(message, text) {
  const m = /(?:^|[\s:])(\d+):(\d+): parse error: ([^]*)$/.exec(message);
  if (!m) return null;
  const [line, column] = [Number(m[1]), Number(m[2])];
  const lines = text.split("\n");
  if (line < 1 || line > lines.length) return null;
  const bytes = new TextEncoder().encode(lines[line - 1]);
  const within = new TextDecoder().decode(bytes.slice(0, Math.max(0, column - 1))).length;
  const from = Math.min(text.length, lines.slice(0, line - 1).reduce((sum, l) => sum + l.length + 1, 0) + within);
  const word = /^(?:[A-Za-z0-9_:]+|[^\s])/.exec(text.slice(from))?.[0] ?? "";
  return { from, to: from + word.length, line, column: within + 1, said: m[3].replace(/\.$/, "") };
}

/**
 * The trouble with a query in words that say what to do.
 * @param {unknown} trouble
 * @returns {unknown}
 */
export function inWords(trouble) {
  if (!(trouble instanceof Trouble)) return trouble;
  const [, status = "", said = ""] = /^The server answered (\d+)(?:: ([^]*?))?\.$/.exec(trouble.what) ?? [];
  const narrower = "Choose a shorter time range, or name the metric and more labels.";
  if (status === "429") return new Trouble("The server takes no more queries from you for now (429).", "Nothing is wrong with the query.", "It is asked again by itself.");
  if (status === "503" && said.includes("wait for a place")) return new Trouble("The server is busy with other queries (503).", "This one found no place in time.", `It is asked again by itself. ${narrower}`);
  if (status === "503") return new Trouble(`The query took too long and was stopped (503${said && `: ${said}`}).`, "It reads too much for one answer.", narrower);
  if (status === "422") return new Trouble(said ? `${upper(said)}.` : trouble.what, "The query is written well and cannot be answered.", narrower);
  if (status === "400") return new Trouble(`${upper(bare(said))}.`, "", "Correct the query.");
  return trouble;
}

/** Without what Prometheus puts before it. @param {string} said */
export function bare(said) {
  return said.replace(/^invalid parameter "query": /, "").replace(/^bad query: /, "").replace(/^(\d+):(\d+): parse error: /, "line $1, column $2: ");
}

/** @param {string} text */
function upper(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
