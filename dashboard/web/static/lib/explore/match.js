// Brings the series of two queries together, point by point: by time, and by the
// labels that both have.

/** @typedef {{labels: Labels, values: (number | null)[]}} Line values at the times that all share */
/** @typedef {{labels: Labels, x: Labels, y: Labels, points: {t: number, x: number, y: number}[]}} Group */
/**
 * @typedef {Object} Match
 * @property {Group[]} groups one for each pair of series
 * @property {string[]} on the labels that were matched
 * @property {number} alone series without a partner
 * @property {number} ambiguous series left out, as others have the same labels on both sides
 */

/**
 * @param {number[]} times
 * @param {Line[]} work
 * @param {Line[]} resource
 * @returns {Match}
 */
export function matchLines(times, work, resource) {
  const on = sharedNames(work.map((l) => l.labels), resource.map((l) => l.labels));
  const key = (/** @type {Labels} */ labels) => JSON.stringify(on.map((n) => labels[n]));
  const [xs, ys] = [grouped(work, key), grouped(resource, key)];
  /** @type {Match} */
  const match = { groups: [], on, alone: 0, ambiguous: 0 };
  for (const k of new Set([...xs.keys(), ...ys.keys()])) {
    const [xl, yl] = [xs.get(k) ?? [], ys.get(k) ?? []];
    if (xl.length === 0 || yl.length === 0) match.alone += xl.length + yl.length;
    else if (xl.length > 1 && yl.length > 1) match.ambiguous += xl.length + yl.length;
    else for (const x of xl) for (const y of yl) match.groups.push(group(times, x, y));
  }
  match.groups = match.groups.filter((g) => g.points.length > 0);
  return match;
}

/**
 * The names that series of both sides have, with some value in common: a job of
 * one side that the other never has says nothing.
 * @param {Labels[]} a
 * @param {Labels[]} b
 */
function sharedNames(a, b) {
  const names = new Set(a.flatMap((l) => Object.keys(l)));
  names.delete("__name__");
  return [...names].filter((n) => {
    const values = new Set(a.map((l) => l[n]).filter((v) => v !== undefined));
    return b.some((l) => values.has(l[n])) && a.every((l) => n in l) && b.every((l) => n in l);
  }).sort();
}

/**
 * @param {Line[]} lines
 * @param {(labels: Labels) => string} key
 */
function grouped(lines, key) {
  /** @type {Map<string, Line[]>} */
  const found = new Map();
  for (const l of lines) found.set(key(l.labels), [...(found.get(key(l.labels)) ?? []), l]);
  return found;
}

/**
 * @param {number[]} times
 * @param {Line} x
 * @param {Line} y
 * @returns {Group}
 */
function group(times, x, y) {
  const points = times.flatMap((t, i) => {
    const [a, b] = [x.values[i], y.values[i]];
    return a === null || b === null ? [] : [{ t, x: a, y: b }];
  });
  return { labels: Object.keys(y.labels).length >= Object.keys(x.labels).length ? y.labels : x.labels, x: x.labels, y: y.labels, points };
}

/** What a match was made by, in words. @param {Match} match */
export function matchWords(match) {
  const by = ["time", ...match.on];
  const words = `Matched by ${by.length > 1 ? `${by.slice(0, -1).join(", ")} and ${by.at(-1)}` : by[0]}.`;
  const alone = match.alone > 0 ? ` ${match.alone} series have no partner.` : "";
  const ambiguous = match.ambiguous > 0 ? ` ${match.ambiguous} series are left out: several on both sides have the same labels. Sum them by what they share, or choose single ones.` : "";
  return words + alone + ambiguous;
}

