// Who looks at the page, and what he may do. Where tokens are asked for, the name
// is that of the token; elsewhere people say it themselves, once, and the browser
// keeps it.
import { getJSON } from "./api.js";
import { Store } from "./store.js";

/** @typedef {{name: string, role: string, open: boolean}} Who open: nobody is asked for a token */

const key = "plimsoll.name";

/** null: not known yet. */
export const who = new Store(/** @type {Who | null} */ (null));

/** Asks once, and again only after a failure. @param {AbortSignal} [signal] */
export async function learnWho(signal) {
  if (!who.value) who.set(await getJSON("/api/plimsoll/v1/whoami", signal));
  return who.value;
}

/** @param {Who | null} w */
export function mayAct(w) {
  return w !== null && (w.open || w.role === "operator" || w.role === "admin");
}

/** The name that was given last. */
export function ownName() {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return ""; // storage is forbidden: it is asked for each time
  }
}

/** @param {string} name */
export function keepName(name) {
  try {
    localStorage.setItem(key, name);
  } catch {
    // see ownName
  }
}
