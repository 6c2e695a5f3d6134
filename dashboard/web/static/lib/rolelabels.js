// The roles that hosts tell of themselves, asked now and then for all pages. A host
// that falls silent keeps the one it had.
import { queryInstant } from "./api.js";
import { roleExprs } from "./roles.js";
import { Store } from "./store.js";

const refreshMs = 15_000;

/** Roles by instance; null: not known yet. */
export const roleLabels = new Store(/** @type {Map<string, string> | null} */ (null));

let asked = false;

/** Begins to ask, once: for the day before at first only. */
export function followRoles() {
  if (asked) return;
  asked = true;
  ask(roleExprs);
  setInterval(() => ask(roleExprs.slice(1)), refreshMs);
}

/** @param {string[]} exprs the newest last */
async function ask(exprs) {
  const old = roleLabels.value ?? new Map();
  const found = new Map(old);
  try {
    for (const rows of await Promise.all(exprs.map((e) => queryInstant(e)))) {
      for (const { labels } of rows) found.set(labels.instance, labels.role);
    }
  } catch {
    // jobs will do; the banner of the page tells
  }
  const same = found.size === old.size && [...found].every(([instance, role]) => old.get(instance) === role);
  if (!same || roleLabels.value === null) roleLabels.set(found);
}
