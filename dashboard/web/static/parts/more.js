// Long lists show their begin first: thousands of rows at once would hold up the
// page.
import { html, useState } from "../lib/preact.js";

const firstShown = 100;

/** How many to show, and the way to more. @returns {[number, () => void]} */
export function useMore() {
  const [limit, set] = useState(firstShown);
  return [limit, () => set(limit + 5 * firstShown)];
}

/** @param {{all: number, limit: number, more: () => void}} props */
export function More({ all, limit, more }) {
  if (all <= limit) return null;
  return html`<p><button type="button" onClick=${more}>show more of ${all - limit}</button></p>`;
}
