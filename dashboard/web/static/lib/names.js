// The families of series that the counter daemon knows, for the list of a page.

/** @typedef {{name: string, type: CounterName["type"], members: Labels[]}} Family */

/**
 * Series with one name belong together; timings first, then by name.
 * @param {CounterName[]} names
 * @returns {Family[]}
 */
export function group(names) {
  /** @type {Map<string, Family>} */
  const families = new Map();
  for (const n of names) {
    const family = families.get(n.name) ?? { name: n.name, type: n.type, members: [] };
    family.members.push(n.labels ?? {});
    families.set(n.name, family);
  }
  const rank = (/** @type {Family} */ f) => (f.type === "timing" ? 0 : 1);
  return [...families.values()].sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

/**
 * Whether all words of a search occur in the name or the labels of a family.
 * @param {Family} family
 * @param {string} text
 */
export function matches(family, text) {
  const labels = family.members.flatMap((m) => Object.entries(m).map(([n, v]) => `${n}=${v}`));
  const all = [family.name, ...labels].join(" ").toLowerCase();
  return text.toLowerCase().split(/\s+/).every((word) => all.includes(word));
}
