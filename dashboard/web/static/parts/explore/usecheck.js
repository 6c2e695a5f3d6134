// Has the server's own parser look at a query while it is typed, which costs next
// to nothing: it is not asked.
import { getJSON, Trouble } from "../../lib/api.js";
import { faultIn } from "../../lib/explore/refusal.js";
import { useEffect, useState } from "../../lib/preact.js";

const pauseMs = 500; // what is half typed is always wrong

/** @typedef {import("../../lib/explore/refusal.js").Fault} Fault */

/**
 * Where a text is wrong; null while that is not known.
 * @param {string} text
 * @returns {Fault | null}
 */
export function useCheck(text) {
  const [found, set] = useState(/** @type {{text: string, fault: Fault | null}} */ ({ text: "", fault: null }));
  useEffect(() => {
    if (text.trim() === "") return undefined;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      formatted(text, abort.signal).then(
        () => set({ text, fault: null }),
        (err) => abort.signal.aborted || set({ text, fault: err instanceof Trouble ? faultIn(err.what, text) : null }),
      );
    }, pauseMs);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [text]);
  return found.text === text ? found.fault : null;
}

/**
 * The query laid out over lines.
 * @param {string} text
 * @param {AbortSignal} [signal]
 * @returns {Promise<string>}
 */
export async function formatted(text, signal) {
  return (await getJSON("/api/v1/format_query", signal, new URLSearchParams({ query: text }))).data;
}
