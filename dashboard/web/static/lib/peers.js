// Which members of a group differ from their peers: by the rule that alerts of
// the kind `peers` have (docs/alerting.md), over the window that is shown.
//
//   deviations = |mean of the member − median| / median absolute deviation
//
// A member differs from 5 deviations on, if it is also further away than what
// matters at all, and it does until it is under three quarters of both.

/** @typedef {{member: string, mean: number, median: number, deviations: number}} Outlier */

const enough = 4; // fewer members have no common measure
const deviations = 5;
const remain = 0.75;

/** @param {number[]} values */
export function median(values) {
  if (values.length === 0) return NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** The mean of what is there; NaN for nothing. @param {(number | null)[]} values */
export function mean(values) {
  let [sum, n] = [0, 0];
  for (const v of values) if (v !== null) [sum, n] = [sum + v, n + 1];
  return sum / n;
}

/**
 * @param {Map<string, number>} means by member; NaN counts as no member
 * @param {number} min the difference that matters at all, in the unit of the values
 * @param {Set<string>} [before] those that differed until now
 * @returns {Outlier[]} in the order of means
 */
export function outliers(means, min, before = new Set()) {
  const known = [...means].filter(([, v]) => Number.isFinite(v));
  if (known.length < enough) return [];
  const middle = median(known.map(([, v]) => v));
  const mad = median(known.map(([, v]) => Math.abs(v - middle)));
  return known.flatMap(([member, value]) => {
    const far = Math.abs(value - middle);
    const part = before.has(member) ? remain : 1;
    const differs = far > part * deviations * mad && far > part * min;
    return differs ? [{ member, mean: value, median: middle, deviations: far / mad }] : [];
  });
}

/**
 * How far, in words: "3.2 times its peers", "only 0.2 times its peers", or the
 * values where a ratio says nothing.
 * @param {Outlier} o
 * @param {(v: number) => string} show
 */
export function farWords(o, show) {
  const against = `${show(o.mean)} against ${show(o.median)}`;
  const times = o.mean / o.median;
  if (!(o.median > 0) || o.mean < 0 || times > 1000 || times < 0.001) return against;
  const said = Number(times.toPrecision(2));
  return `${times < 1 ? "only " : ""}${said} times its peers, ${against}`;
}

/** "12 deviations"; none where all peers are equal. @param {Outlier} o */
export function deviationWords(o) {
  if (!Number.isFinite(o.deviations)) return "all others are equal";
  return `${o.deviations >= 1000 ? "over 1000" : Number(o.deviations.toPrecision(2))} median deviations away`;
}
