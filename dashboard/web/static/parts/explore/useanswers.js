// The answers to the queries of the page, for its range and view.
import { Asker } from "../../lib/explore/asker.js";
import { onNextFrame } from "../../lib/frame.js";
import { useEffect, useRef, useState } from "../../lib/preact.js";
import { range } from "../../lib/route.js";
import { useStore } from "../../lib/store.js";

/** @typedef {Map<string, import("../../lib/explore/asker.js").Run>} Runs */

/**
 * @param {string[]} exprs
 * @param {number} width of the picture in CSS pixels; 0 while it is not known
 * @param {boolean} instant asks for values at the end of the range only
 * @param {number} again asks all anew when it changes
 * @returns {Runs}
 */
export function useAnswers(exprs, width, instant, again) {
  const shown = useStore(range);
  const [runs, set] = useState(/** @type {Runs} */ (new Map()));
  const asker = useRef(/** @type {Asker | null} */ (null));
  const wide = Math.ceil(width / 200) * 200; // a small change of width asks nothing anew
  useEffect(() => {
    let next = /** @type {Runs} */ (new Map());
    const draw = () => set(next);
    const made = new Asker((now) => {
      next = now;
      onNextFrame(draw);
    });
    asker.current = made;
    return () => made.stop();
  }, []);
  useEffect(() => {
    if (wide > 0) asker.current?.show({ exprs, range: shown, width: wide, instant });
  }, [JSON.stringify(exprs), shown, wide, instant]);
  useEffect(() => {
    if (again > 0) asker.current?.again();
  }, [again]);
  return runs;
}
