// Where the data of one chart comes from: history once and then again as it
// grows old, and live points once a second, which begin with the last minutes that
// the server has in memory: history ends some seconds ago.
import { queryRange } from "./api.js";
import { live } from "./live.js";
import { Ring } from "./ring.js";
import { align, chooseStep, historyRate, liveRate } from "./step.js";
import { emptyTable, extend, fromMatrix } from "./table.js";
import { bounds } from "./time.js";

const ringSeconds = 330; // a little more than the live window of the server
const settleSeconds = 3; // a flush is in the store by then; before, its bucket looks empty

/** @typedef {{loading: boolean, trouble: unknown, loaded: boolean}} FeedState */

export class Feed {
  /**
   * @param {Query[]} queries
   * @param {boolean} averages whether means of the values make sense; percentiles
   *   have none, so they live only at the finest step
   * @param {(table: Table, state: FeedState) => void} onChange
   */
  constructor(queries, averages, onChange) {
    this.queries = queries;
    this.averages = averages;
    this.onChange = onChange;
    this.ring = new Ring(ringSeconds);
    this.history = emptyTable();
    /** The last minutes by expression, until all are there. @type {Map<string, PastSeries[]>} */
    this.pasts = new Map();
    /** @type {FeedState} */
    this.state = { loading: false, trouble: null, loaded: false };
    this.timer = 0;
    this.abort = new AbortController();
    /** @type {(() => void)[]} */
    this.undo = [];
  }

  /**
   * Shows a range; the picture of the range before stays until the new one came.
   * @param {TimeRange} range
   * @param {number} width in CSS pixels
   */
  start(range, width) {
    this.stop();
    this.range = range;
    const { from, to } = bounds(range, 0);
    this.step = chooseStep(to - from, width);
    this.fetch();
    this.undo.push(live.opened.watch((times) => times > 1 && this.resume()));
    if (!range.live || (this.step > 10 && !this.averages)) return;
    const exprs = this.queries.map((q) => q.expr(liveRate));
    this.undo.push(live.watch(exprs, (t, answers) => this.onFrame(t, answers), (expr, series) => this.onPast(exprs, expr, series)));
  }

  stop() {
    clearTimeout(this.timer);
    this.abort.abort();
    for (const fn of this.undo) fn();
    this.undo = [];
    this.forget();
  }

  /** After a break: the live points before it would leave a gap. */
  resume() {
    this.forget();
    this.fetch();
  }

  forget() {
    this.ring.clear();
    this.pasts.clear();
  }

  async fetch() {
    clearTimeout(this.timer);
    this.abort.abort();
    const abort = (this.abort = new AbortController());
    const { range, step = 10 } = this;
    if (!range) return;
    const { from, to } = bounds(range, Date.now() / 1000);
    const settled = Date.now() / 1000 - settleSeconds;
    const { start, end } = align(from, Math.min(to, Math.floor(settled / step) * step), step);
    this.change({ ...this.state, loading: true });
    try {
      const rate = historyRate(step);
      const ask = (/** @type {Query} */ q) => queryRange(q.expr(rate, step), start, end, step, abort.signal);
      this.history = fromMatrix(await Promise.all(this.queries.map(ask)), start, end, step);
      this.change({ loading: false, trouble: null, loaded: true });
    } catch (trouble) {
      if (abort.signal.aborted) return; // another fetch has taken over
      this.change({ loading: false, trouble, loaded: true });
    }
    if (abort.signal.aborted) return;
    if (range.live || this.state.trouble) this.timer = setTimeout(() => this.fetch(), refreshMs(step));
  }

  /**
   * @param {number} t
   * @param {(Row[] | undefined)[]} answers
   */
  onFrame(t, answers) {
    this.ring.push(t, answers);
    if (this.state.loaded) this.change(this.state);
  }

  /**
   * Takes the past of one expression. What is there of one only would leave the
   * others with a gap, since live points replace history: all of them, or none.
   * @param {string[]} exprs
   * @param {string} expr
   * @param {PastSeries[]} series
   */
  onPast(exprs, expr, series) {
    this.pasts.set(expr, series);
    if (exprs.some((e) => !this.pasts.has(e))) return;
    this.ring.fill(exprs.map((e) => this.pasts.get(e) ?? []));
    this.pasts.clear();
    if (this.state.loaded) this.change(this.state);
  }

  /** @param {FeedState} state */
  change(state) {
    this.state = state;
    this.onChange(extend(this.history, this.ring), state);
  }
}

/**
 * History is asked again when it has grown by a few points; the spread keeps
 * the charts of a page from asking at the same instant.
 * @param {number} step
 */
function refreshMs(step) {
  return Math.min(Math.max(step, 20), 300) * 1000 * (0.9 + Math.random() / 5);
}
