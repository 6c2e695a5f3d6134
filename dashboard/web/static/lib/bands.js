// The data of the percentile band chart, made of three answers:
//
//   0  t_seconds{quantile=…}   what is stored of the distribution of a bucket
//   1  t_seconds_count         observations so far: n is its increase
//   2  t_seconds_sum           time so far: its increase over n is the mean
//
// Percentiles are never averaged: a bucket has its own or none. The quantiles
// of a series without new observations stay what they were for some minutes,
// since an instant query looks back; where n is 0 they are taken out.

export const quantiles = ["0.05", "0.25", "0.5", "0.75", "0.95", "0.99"];

/** Under this many observations a bucket is drawn pale. */
export const fewObservations = 20;

/** @type {Record<string, string>} */
const inks = { "0.05": "--band-outer", "0.25": "--band-inner", "0.75": "--band-inner", "0.95": "--band-outer" };
const names = ["p5", "p25", "median", "p75", "p95", "p99"];

/**
 * @param {string} name of the timing, e.g. db_query_seconds
 * @param {Labels} labels that tell one series of it
 * @returns {Query[]}
 */
export function bandQueries(name, labels) {
  return [
    { expr: () => selector(name, labels, 'quantile!=""') },
    { expr: () => selector(`${name}_count`, labels) },
    { expr: () => selector(`${name}_sum`, labels) },
  ];
}

/**
 * @param {string} name
 * @param {Labels} labels
 * @param {string} [extra] one more matcher
 */
export function selector(name, labels, extra) {
  const matchers = Object.keys(labels).filter((n) => n !== "__name__" && n !== "quantile").sort()
    .map((n) => `${n}=${JSON.stringify(labels[n])}`);
  return `${name}{${(extra ? [extra] : []).concat(matchers).join(",")}}`;
}

/**
 * @param {Table} table
 * @returns {Model}
 */
export function bandModel(table) {
  const n = table.times.length;
  const none = () => /** @type {(number|null)[]} */ (new Array(n).fill(null));
  const columns = [...table.columns.values()];
  const grown = (/** @type {number} */ query) => {
    const column = columns.find((c) => c.query === query);
    return increases(column?.values ?? none(), table.live, column?.before ?? null);
  };
  const [counts, sums] = [grown(1), grown(2)];
  const series = quantiles.map((q, k) => {
    const values = columns.find((c) => c.query === 0 && Number(c.labels.quantile) === Number(q))?.values ?? none();
    return { key: q, label: names[k], colour: inks[q] ?? "--band-median", values: values.map((v, i) => (counts[i] === 0 ? null : v)) };
  });
  const mean = sums.map((s, i) => meanOf(s, counts[i]));
  const at = series.findIndex((s) => s.key === "0.5") + 1;
  series.splice(at, 0, { key: "mean", label: "mean", colour: "--mean", values: mean });
  return { times: table.times, series, step: table.step, live: table.live, liveFrom: table.liveFrom, counts };
}

/**
 * @param {number | null} sum
 * @param {number | null} n
 */
function meanOf(sum, n) {
  return sum === null || n === null || n <= 0 ? null : sum / n;
}

/**
 * What a cumulative counter grew by up to each point since the point before. A
 * fall means that it began again at zero. After a gap the increase is not known:
 * null. Live points count from another zero than history, perhaps: the first of
 * them is compared with the live point before it.
 * @param {(number | null)[]} values
 * @param {number} live index of the first live point
 * @param {number | null} liveBefore value at the live point before that
 */
export function increases(values, live, liveBefore) {
  return values.map((v, i) => {
    const before = i === live ? liveBefore : (values[i - 1] ?? null);
    if (v === null || before === null) return null;
    return v >= before ? v - before : v;
  });
}
