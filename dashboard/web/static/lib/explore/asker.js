// Asks the queries of the page: each on its own, so that one that is wrong or
// slow holds up no other; the same ones again while the page follows the time.
// What is not wanted any more is cancelled, and the server stops with it.
import { getJSON, Trouble } from "../api.js";
import { align, chooseStep } from "../step.js";
import { bounds } from "../time.js";

/** Series that are asked for of one query; the server leaves off the others. */
export const mostSeries = 300;
/** Rows of a table that are asked for of one query. */
export const mostRows = 1000;

const settleSeconds = 3; // a flush is in the store by then
const leastRefreshMs = 10_000;

/** @typedef {(path: string, signal: AbortSignal, form: URLSearchParams) => Promise<any>} Ask */
/** @typedef {{result: any, type: string, notes: string[], start: number, end: number, step: number}} Answer */
/** @typedef {{loading: boolean, trouble: unknown, answer: Answer | null}} Run */
/** @typedef {{exprs: string[], range: TimeRange, width: number, instant: boolean}} Want */

export class Asker {
  /**
   * @param {(runs: Map<string, Run>) => void} onChange
   * @param {Ask} [ask]
   */
  constructor(onChange, ask = getJSON) {
    this.onChange = onChange;
    this.ask = ask;
    /** By expression. @type {Map<string, Run>} */
    this.runs = new Map();
    /** @type {Map<string, AbortController>} */
    this.aborts = new Map();
    /** @type {Want} */
    this.want = { exprs: [], range: { live: true, seconds: 300 }, width: 0, instant: false };
    this.how = "";
    this.timer = 0;
  }

  /**
   * Asks what is not asked or answered yet in this way, and cancels the rest.
   * @param {Want} want
   */
  show(want) {
    const how = JSON.stringify([want.range, want.instant, stepOf(want)]);
    const changed = how !== this.how;
    this.want = want;
    this.how = how;
    for (const expr of [...this.runs.keys()]) {
      if (want.exprs.includes(expr) && !changed) continue;
      this.aborts.get(expr)?.abort();
      if (!want.exprs.includes(expr)) this.runs.delete(expr);
    }
    const missing = want.exprs.filter((e) => changed || !this.runs.has(e));
    for (const expr of missing) this.fetch(expr);
    if (missing.length === 0) this.changed();
    this.later();
  }

  stop() {
    clearTimeout(this.timer);
    for (const abort of this.aborts.values()) abort.abort();
    this.runs.clear();
  }

  later() {
    clearTimeout(this.timer);
    const ms = Math.max(leastRefreshMs, Math.min(stepOf(this.want), 300) * 1000) * (0.9 + Math.random() / 5);
    this.timer = setTimeout(() => this.again(), ms);
  }

  /** What is wrong stays wrong; what could not be answered may be by now. */
  again() {
    for (const expr of this.want.exprs) {
      const run = this.runs.get(expr);
      if (!run?.loading && (run?.trouble ? mayPass(run.trouble) : this.want.range.live)) this.fetch(expr);
    }
    this.later();
  }

  /** @param {string} expr */
  async fetch(expr) {
    this.aborts.get(expr)?.abort();
    const abort = new AbortController();
    this.aborts.set(expr, abort);
    const before = this.runs.get(expr);
    this.runs.set(expr, { loading: true, trouble: before?.trouble ?? null, answer: before?.answer ?? null });
    this.changed();
    try {
      const answer = this.want.instant ? await this.instant(expr, abort.signal) : await this.past(expr, abort.signal);
      if (!abort.signal.aborted) this.runs.set(expr, { loading: false, trouble: null, answer });
    } catch (trouble) {
      if (!abort.signal.aborted) this.runs.set(expr, { loading: false, trouble, answer: before?.answer ?? null });
    }
    if (!abort.signal.aborted) this.changed();
  }

  changed() {
    this.onChange(new Map(this.runs));
  }

  /**
   * @param {string} expr
   * @param {AbortSignal} signal
   * @returns {Promise<Answer>}
   */
  async past(expr, signal) {
    const now = Date.now() / 1000;
    const { from, to } = bounds(this.want.range, now);
    const step = stepOf(this.want);
    const { start, end } = align(from, Math.min(to, Math.floor((now - settleSeconds) / step) * step), step);
    const form = new URLSearchParams({ query: expr, start: String(start), end: String(end), step: String(step), limit: String(mostSeries) });
    const body = await this.ask("/api/v1/query_range", signal, form);
    return { result: body.data.result, type: body.data.resultType, notes: notesOf(body), start, end, step };
  }

  /**
   * At the end of the range.
   * @param {string} expr
   * @param {AbortSignal} signal
   * @returns {Promise<Answer>}
   */
  async instant(expr, signal) {
    const form = new URLSearchParams({ query: expr, limit: String(mostRows) });
    if (!this.want.range.live) form.set("time", String(this.want.range.to));
    const body = await this.ask("/api/v1/query", signal, form);
    const at = this.want.range.live ? Date.now() / 1000 : this.want.range.to;
    return { result: body.data.result, type: body.data.resultType, notes: notesOf(body), start: at, end: at, step: 0 };
  }
}

/** @param {Want} want */
function stepOf({ range, width }) {
  const { from, to } = bounds(range, 0);
  return chooseStep(to - from, width);
}

/** Whether asking again may help. @param {unknown} trouble */
function mayPass(trouble) {
  return !(trouble instanceof Trouble && / (400|401|403|422)\b/.test(trouble.what));
}

/** What the server has to say of an answer. @param {{warnings?: string[], infos?: string[]}} body */
function notesOf(body) {
  return [...(body.warnings ?? []), ...(body.infos ?? [])];
}
