// Hooks of the charts: their data, their size, and pages' instant values.
import { queryInstant } from "../lib/api.js";
import { Feed } from "../lib/feed.js";
import { onNextFrame } from "../lib/frame.js";
import { live } from "../lib/live.js";
import { useEffect, useRef, useState } from "../lib/preact.js";
import { range } from "../lib/route.js";
import { historyRate, liveRate } from "../lib/step.js";
import { useStore } from "../lib/store.js";
import { emptyTable } from "../lib/table.js";

/** @typedef {{table: Table, state: import("../lib/feed.js").FeedState}} Feeding */

/**
 * The data of a chart for the range of the page.
 * @param {Query[]} queries
 * @param {number} width in CSS pixels; 0 while it is not known
 * @param {boolean} [averages] whether means of the values make sense
 * @returns {Feeding}
 */
export function useFeed(queries, width, averages = true) {
  const shown = useStore(range);
  const known = queries.map((q) => q.expr(liveRate)).join("\n");
  const [feeding, set] = useState(/** @type {Feeding} */ ({ table: emptyTable(), state: { loading: true, trouble: null, loaded: false } }));
  const feed = useRef(/** @type {Feed | null} */ (null));
  const wide = Math.ceil(width / 200) * 200; // a small change of width asks nothing anew
  useEffect(() => {
    if (wide === 0) return;
    let next = feeding;
    const draw = () => set(next);
    const made = new Feed(queries, averages, (table, state) => {
      next = { table, state };
      onNextFrame(draw);
    });
    if (feed.current) made.history = feed.current.history;
    feed.current = made;
    made.start(shown, wide);
    return () => made.stop();
  }, [known, shown, wide]);
  return feeding;
}

/**
 * The width of an element, which is watched.
 * @returns {[{current: HTMLDivElement | null}, number]}
 */
export function useWidth() {
  const ref = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [width, set] = useState(0);
  useEffect(() => {
    if (!ref.current) return;
    const observer = new ResizeObserver((entries) => set(Math.floor(entries[0].contentRect.width)));
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}

/**
 * The present answers to instant expressions: asked once over HTTP, then live.
 * @param {((rate: Rate) => string)[]} exprs
 * @returns {Row[][]}
 */
export function useInstant(exprs) {
  const liveExprs = exprs.map((e) => e(liveRate));
  const [rows, set] = useState(/** @type {Row[][]} */ (exprs.map(() => [])));
  useEffect(() => {
    const abort = new AbortController();
    let streaming = false;
    const ask = () => Promise.all(exprs.map((e) => queryInstant(e(historyRate(10)), abort.signal))).then(
      (answers) => !streaming && set(answers),
      () => undefined, // the live answers, or the banner of the page, will tell
    );
    ask();
    const stopLive = live.watch(liveExprs, (_, answers) => {
      streaming = true;
      onNextFrame(() => set((old) => answers.map((a, i) => a ?? old[i])));
    });
    return () => {
      abort.abort();
      stopLive();
    };
  }, [liveExprs.join("\n")]);
  return rows;
}
