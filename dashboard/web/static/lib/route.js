// Which page is shown, and the time range, both held by the address bar: every
// view has a permalink.
import { parseRange, usualRange, writeRange } from "./time.js";
import { Store } from "./store.js";

/** @typedef {{page: "overview" | "host" | "counters" | "explore" | "alerts" | "logs" | "roles" | "network" | "admin" | "embed" | "missing", instance: string, role?: string, id?: string}} Route
 * id is that of the alert, or the device, that its page shows alone */

/**
 * @param {string} path
 * @returns {Route}
 */
export function parsePath(path) {
  const [first = "", second = "", ...rest] = path.replace(/^\/+|\/+$/g, "").split("/");
  if (rest.length === 0) {
    if (first === "" && second === "") return { page: "overview", instance: "" };
    if (first === "role" && second !== "") return { page: "roles", instance: "", role: safeDecode(second) };
    if (first === "roles" && second === "") return { page: "roles", instance: "" };
    if (first === "host") return { page: "host", instance: safeDecode(second) };
    if ((first === "counters" || first === "explore" || first === "alerts" || first === "logs" || first === "network" || first === "admin" || first === "embed") && second === "") return { page: first, instance: "" };
  }
  return { page: "missing", instance: "" };
}

/** @param {string} text */
function safeDecode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** @param {string} id of an alert */
export function alertPath(id) {
  return `/alerts?id=${encodeURIComponent(id)}`;
}

/** @param {string} instance of a device that is polled by SNMP */
export function devicePath(instance) {
  return `/network?id=${encodeURIComponent(instance)}`;
}

/** @param {string} instance */
export function hostPath(instance) {
  return `/host/${encodeURIComponent(instance)}`;
}

/** @param {string} role or the name of a service */
export function rolePath(role) {
  return `/role/${encodeURIComponent(role)}`;
}

export const route = new Store(/** @type {Route} */ ({ page: "overview", instance: "" }));
export const range = new Store(/** @type {TimeRange} */ (usualRange));
/** What the page shows of time when the address does not say: of one alert the
 * last hours, so that its begin is seen. @returns {TimeRange & {live: true}} */
export const usual = () => (route.value.page === "alerts" && route.value.id ? { live: true, seconds: 3 * 3600 } : usualRange);

/** The search text of the page. */
export const search = new Store("");

/** Reads the address bar. */
export function readAddress() {
  const params = new URLSearchParams(location.search);
  const here = parsePath(location.pathname);
  if ((here.page === "alerts" || here.page === "network") && params.get("id")) here.id = params.get("id") ?? "";
  route.set(here);
  range.set(parseRange(params, usual()));
  search.set(params.get("q") ?? "");
}

/**
 * Opens a page; the time range goes with it.
 * @param {string} path
 */
export function go(path) {
  const [bare, query] = path.split("?");
  const params = new URLSearchParams(query);
  if (!params.has("range") && !params.has("from")) writeRange(params, range.value, usual());
  history.pushState(null, "", withParams(bare, params));
  readAddress();
  scrollTo(0, 0);
}

/** @param {TimeRange} next */
export function setRange(next) {
  const params = new URLSearchParams(location.search);
  writeRange(params, next, usual());
  history.pushState(null, "", withParams(location.pathname, params));
  range.set(next);
}

/** @param {string} text */
export function setSearch(text) {
  const params = new URLSearchParams(location.search);
  params.delete("q");
  if (text) params.set("q", text);
  history.replaceState(null, "", withParams(location.pathname, params));
  search.set(text);
}

/**
 * @param {string} path
 * @param {URLSearchParams} params
 */
function withParams(path, params) {
  const query = params.toString();
  return query ? `${path}?${query}` : path;
}

/** Follows links within the site without loading the page again. */
export function followLinks() {
  addEventListener("popstate", readAddress);
  document.addEventListener("click", (event) => {
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    if (!plain || event.defaultPrevented || !(link instanceof HTMLAnchorElement)) return;
    const href = link.getAttribute("href") ?? "";
    if (!href.startsWith("/") || parsePath(href.split("?")[0]).page === "missing") return;
    event.preventDefault();
    go(href);
  });
}
