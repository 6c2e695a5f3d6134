// The keyboard on the list of alerts. The row that has the focus is the one that
// is meant: nothing else is remembered, and a screen reader follows.
import { listen } from "../../lib/keys.js";
import { useEffect, useLayoutEffect, useRef } from "../../lib/preact.js";

const rows = "tr[data-alert-id] a.what";

/** @param {HTMLElement | null} root */
const linksOf = (root) => /** @type {HTMLElement[]} */ ([...(root?.querySelectorAll(rows) ?? [])]);

/**
 * @param {{current: HTMLElement | null}} root of the list
 * @param {(key: "a" | "s" | "d", id: string) => void} act hears of a, s and d for an alert
 */
export function useRowKeys(root, act) {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    const move = (/** @type {number} */ by) => () => {
      const links = linksOf(root.current);
      const focused = document.activeElement?.closest("tr");
      const row = focused?.matches(".inplace") ? focused.previousElementSibling : focused;
      const at = links.findIndex((l) => row?.contains(l));
      links[at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
    };
    const on = (/** @type {"a" | "s" | "d"} */ key) => () => {
      const row = document.activeElement?.closest("tr[data-alert-id]");
      const id = row && root.current?.contains(row) ? row.getAttribute("data-alert-id") : null;
      if (id) latest.current(key, id);
      else move(1)(); // nothing is meant yet: the first is
    };
    return listen({ j: move(1), k: move(-1), a: on("a"), s: on("s"), d: on("d") });
  }, []);
}

/** The same keys where one alert is shown.
 * @param {(key: "a" | "s" | "d") => void} act
 */
export function useDetailKeys(act) {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => listen({ a: () => latest.current("a"), s: () => latest.current("s"), d: () => latest.current("d") }), []);
}

/**
 * Keeps the focus in the list when rows change places, which takes it away, or
 * when the row that has it goes: then the next one has it.
 * @param {{current: HTMLElement | null}} root
 */
export function useKeptFocus(root) {
  const last = useRef(/** @type {{el: HTMLElement, at: number} | null} */ (null));
  const place = (/** @type {HTMLElement} */ el) => linksOf(root.current).findIndex((l) => el.closest("tr")?.contains(l));
  useEffect(() => {
    const remember = () => {
      const el = document.activeElement;
      if (!(el instanceof HTMLElement) || el === document.body) return;
      last.current = root.current?.contains(el) ? { el, at: place(el) } : null;
    };
    const forget = () => (last.current = null);
    document.addEventListener("focusin", remember);
    document.addEventListener("pointerdown", forget, true);
    return () => {
      document.removeEventListener("focusin", remember);
      document.removeEventListener("pointerdown", forget, true);
    };
  }, []);
  useLayoutEffect(() => {
    if (!last.current) return;
    const { el, at } = last.current;
    if (document.activeElement === el) last.current.at = place(el);
    if (document.activeElement !== document.body) return;
    const links = linksOf(root.current);
    (el.isConnected ? el : links[Math.min(Math.max(at, 0), links.length - 1)])?.focus({ preventScroll: true });
  });
}
