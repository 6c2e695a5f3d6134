// The tail of access logs: lines of all servers as they come, over a stream that
// has no end, opened again when it breaks.
import { Trouble } from "./api.js";

/** A line of an access log, or how many are missing.
 * @typedef {{at: string, server: string, vhost?: string, class: string, status?: number, seconds?: number, text: string, late?: boolean, dropped?: number}} LogLine
 */

/** @typedef {{text: string, server: string, status: string, seconds: string}} LogFilter */

/** Most lines that are kept, and shown. */
export const mostLines = 300;

const retryMs = 3000;

/**
 * The whole lines of a stream, and what is left for the next piece of it.
 * @param {string} text what was left before, and the next piece
 * @returns {{lines: LogLine[], rest: string}}
 */
export function cut(text) {
  const parts = text.split("\n");
  const rest = parts.pop() ?? "";
  return { lines: parts.filter((p) => p.trim() !== "").map((p) => JSON.parse(p)), rest };
}

/**
 * The newest lines first, those of before behind them; no more than are kept.
 * @param {LogLine[]} shown
 * @param {LogLine[]} come oldest first
 */
export function push(shown, come) {
  return [...come.slice(-mostLines).reverse(), ...shown].slice(0, mostLines);
}

/** @param {LogFilter} f */
export function question(f) {
  const params = new URLSearchParams();
  const add = (/** @type {string} */ key, /** @type {string} */ value) => value.trim() && params.set(key, value.trim());
  add("text", f.text);
  add("server", f.server);
  add("status", f.status);
  add("min_seconds", f.seconds);
  const query = params.toString();
  return `/api/plimsoll/v1/logs/tail${query ? `?${query}` : ""}`;
}

/**
 * Follows the tail until the signal says stop.
 * @param {LogFilter} filter
 * @param {AbortSignal} signal
 * @param {(lines: LogLine[]) => void} come
 * @param {(trouble: unknown) => void} tell what is wrong, null when it is well
 */
export async function follow(filter, signal, come, tell) {
  while (!signal.aborted) {
    try {
      await read(filter, signal, come, () => tell(null));
    } catch (err) {
      if (signal.aborted) return;
      tell(err instanceof Trouble ? err : new Trouble("The tail has broken off.", "New lines are not shown.", "It is opened again by itself."));
    }
    await new Promise((done) => setTimeout(done, retryMs));
  }
}

/**
 * @param {LogFilter} filter
 * @param {AbortSignal} signal
 * @param {(lines: LogLine[]) => void} come
 * @param {() => void} opened
 */
async function read(filter, signal, come, opened) {
  const res = await fetch(question(filter), { signal });
  if (!res.ok || !res.body) {
    const said = (await res.json().catch(() => ({}))).error ?? "";
    throw new Trouble(`The server answered ${res.status}${said ? `: ${said}` : ""}.`, "Lines cannot be shown.", "Change what is looked for.");
  }
  opened();
  const reader = res.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ""; ;) {
    const { value, done } = await reader.read();
    if (done) throw new Error("the stream ended");
    const got = cut(rest + value);
    rest = got.rest;
    if (got.lines.length > 0) come(got.lines);
  }
}
