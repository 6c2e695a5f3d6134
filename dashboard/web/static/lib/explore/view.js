// All that the page Explore shows, as its address holds it: the queries in their
// order, which are hidden, and how the answers are shown. The time range stands
// in the address as on every page.
//
//	/explore?e=up&e=rate(x[5m])&hide=1&view=scatter&stack=1&x=0&y=1{host="a"}&range=1h
import { route } from "../route.js";
import { Store } from "../store.js";

/** @typedef {{expr: string, hidden: boolean}} Asked */
/**
 * @typedef {Object} View
 * @property {Asked[]} queries
 * @property {"graph" | "table" | "scatter"} show
 * @property {boolean} stacked
 * @property {string} x the work of the scatter: a query by its number, or one of its series, `0x{host="a"}`
 * @property {string} y the resource
 */

export const mostQueries = 8;
const longest = 4000; // characters of a query: addresses have an end

/** @type {View} */
export const emptyView = { queries: [{ expr: "", hidden: false }], show: "graph", stacked: false, x: "", y: "" };

/**
 * @param {URLSearchParams} params
 * @returns {View}
 */
export function parseView(params) {
  const hidden = (params.get("hide") ?? "").split(",");
  const queries = params.getAll("e").slice(0, mostQueries).map((expr, i) => ({ expr: expr.slice(0, longest), hidden: hidden.includes(String(i)) }));
  const show = params.get("view");
  const side = (/** @type {string} */ name) => /^\d[^]{0,2000}$/.exec(params.get(name) ?? "")?.[0] ?? "";
  return {
    queries: queries.length > 0 ? queries : emptyView.queries,
    show: show === "table" || show === "scatter" ? show : "graph",
    stacked: params.get("stack") === "1",
    x: side("x"),
    y: side("y"),
  };
}

/**
 * @param {URLSearchParams} params changed
 * @param {View} view
 */
export function writeView(params, view) {
  for (const name of ["e", "hide", "view", "stack", "x", "y"]) params.delete(name);
  const { queries } = view;
  if (queries.some((q) => q.expr !== "")) for (const q of queries) params.append("e", q.expr);
  const hidden = queries.flatMap((q, i) => (q.hidden ? [i] : []));
  if (hidden.length > 0) params.set("hide", hidden.join());
  if (view.show !== "graph") params.set("view", view.show);
  if (view.stacked) params.set("stack", "1");
  if (view.x) params.set("x", view.x);
  if (view.y) params.set("y", view.y);
}

/** "A" for the first query. @param {number} i */
export function letter(i) {
  return String.fromCharCode(65 + i);
}

/**
 * The queries with the one at an index put elsewhere; what the scatter names
 * goes with them.
 * @param {View} view
 * @param {number} at
 * @param {number} to
 * @returns {View}
 */
export function moveQuery(view, at, to) {
  if (to < 0 || to >= view.queries.length || at === to) return view;
  const order = view.queries.map((_, i) => i);
  order.splice(to, 0, ...order.splice(at, 1));
  return reordered(view, order);
}

/**
 * @param {View} view
 * @param {number} at
 * @returns {View}
 */
export function removeQuery(view, at) {
  const left = reordered(view, view.queries.map((_, i) => i).filter((i) => i !== at));
  return left.queries.length > 0 ? left : { ...left, queries: emptyView.queries };
}

/**
 * @param {View} view
 * @param {number[]} order the old index of each that stays
 * @returns {View}
 */
function reordered(view, order) {
  const side = (/** @type {string} */ text) => {
    if (text === "") return "";
    const now = order.indexOf(Number(text[0]));
    return now < 0 ? "" : now + text.slice(1);
  };
  return { ...view, queries: order.map((i) => view.queries[i]), x: side(view.x), y: side(view.y) };
}

/** What the page shows. */
export const view = new Store(emptyView);

/** Shows what the address says. */
export function readView() {
  if (route.value.page === "explore") view.set(parseView(new URLSearchParams(location.search)));
}

/** Follows the address, also back and forth, until the returned function is called. */
export const followView = () => route.watch(readView);

/**
 * Shows something else, with an address of its own.
 * @param {View} next
 */
export function setView(next) {
  const params = new URLSearchParams(location.search);
  writeView(params, next);
  const query = params.toString();
  const path = query ? `${location.pathname}?${query}` : location.pathname;
  if (path !== location.pathname + location.search) history.pushState(null, "", path);
  view.set(next);
}

