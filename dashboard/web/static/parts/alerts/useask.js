// What a part of the page asks of the server, and asks again.
import { useEffect, useState } from "../../lib/preact.js";
import { live } from "../../lib/live.js";
import { useStore } from "../../lib/store.js";

/** @template T @typedef {{answer: T | null, trouble: unknown, again: () => void}} Asked */

/** Whether something is still to be answered for the first time.
 * @param {{answer: unknown, trouble: unknown}[]} asked
 */
export function waiting(asked) {
  return asked.some((a) => a.answer === null && a.trouble === null);
}

/**
 * The answer to ask, asked again when what it hangs on changes, and every so
 * often; the old one stays until the new one came.
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} ask
 * @param {unknown[]} hangs
 * @param {number} [everyMs]
 * @returns {Asked<T>}
 */
export function useAsk(ask, hangs, everyMs = 15_000) {
  const [got, set] = useState({ answer: /** @type {T | null} */ (null), trouble: /** @type {unknown} */ (null) });
  const [times, setTimes] = useState(0);
  const opened = useStore(live.opened);
  useEffect(() => {
    const abort = new AbortController();
    const look = () => ask(abort.signal).then(
      (answer) => set({ answer, trouble: null }),
      (trouble) => abort.signal.aborted || set((old) => ({ answer: old.answer, trouble })),
    );
    look();
    const timers = [setTimeout(look, 2000), setInterval(look, everyMs)];
    return () => {
      abort.abort();
      timers.forEach(clearTimeout);
    };
  }, [...hangs, times, opened]);
  return { ...got, again: () => setTimes((n) => n + 1) };
}
