// A straight line through points that are not all to be trusted:
//
//	U = U0 + D·X     U: a resource, X: the work, D: its demand per unit of work
//
// Huber's regression, as load tests use it: squares for what lies near the line,
// absolute values for what lies far off, so that a backup or a deployment in the
// window does not turn it. It begins with the line of Theil and Sen over a part
// of the points, which outliers on the X axis do not turn either, and whose
// residuals give the scale.

/** @typedef {[number, number]} XY */
/**
 * @typedef {Object} Fit
 * @property {number} u0
 * @property {number} d
 * @property {number} r2 share of the variance of U that the line explains; below 0 it is worse than the mean
 * @property {number} spread of the residuals: 1.4826 times their median, without sign
 * @property {number} n points
 * @property {number} outliers points that lie further off than four times the spread
 * @property {[number, number]} range of X
 */

const tuning = 1.345; // 95 % of the efficiency of least squares where errors are normal
const rounds = 50;
const settled = 1e-9;
const startPoints = 200;

/**
 * The fit of a resource on work; null where no line can be told: fewer than three
 * points, or all at one X.
 * @param {XY[]} all
 * @returns {Fit | null}
 */
export function fitLine(all) {
  const points = all.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
  const xs = points.map(([x]) => x);
  const [low, high] = extent(xs);
  if (points.length < 3 || !(high - low > 1e-12 * Math.max(Math.abs(low), Math.abs(high)))) return null;
  const start = theilSen(thinned(points));
  const { u0, d } = huber(points, start);
  const residuals = points.map(([x, y]) => y - u0 - d * x);
  const spread = 1.4826 * median(residuals.map(Math.abs));
  const mean = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const total = points.reduce((sum, [, y]) => sum + (y - mean) ** 2, 0);
  const left = residuals.reduce((sum, r) => sum + r * r, 0);
  const outliers = residuals.filter((r) => Math.abs(r) > 4 * spread && Math.abs(r) > 1e-9 * Math.abs(mean)).length;
  return { u0, d, r2: total > 0 ? 1 - left / total : 1, spread, n: points.length, outliers, range: [low, high] };
}

/**
 * Reweighted least squares with the scale of the start held, which has one end
 * wherever it begins.
 * @param {XY[]} points
 * @param {{u0: number, d: number}} start
 */
function huber(points, start) {
  let { u0, d } = start;
  const scale = 1.4826 * median(points.map(([x, y]) => Math.abs(y - u0 - d * x)));
  if (!(scale > 0)) return start; // more than half lie on the line
  for (let i = 0; i < rounds; i++) {
    const next = weighted(points, u0, d, tuning * scale);
    if (!next) break;
    const still = Math.abs(next.d - d) <= settled * Math.abs(d) && Math.abs(next.u0 - u0) <= settled * scale;
    ({ u0, d } = next);
    if (still) break;
  }
  return { u0, d };
}

/**
 * Least squares with the weights that a line gives: 1 near it, less the further
 * off. One pass, as there may be 200,000 points; sums are taken around the first
 * point, so that large numbers lose no digits.
 * @param {XY[]} points
 * @param {number} u0
 * @param {number} d
 * @param {number} near
 */
function weighted(points, u0, d, near) {
  const [[ox, oy]] = points;
  let [sum, sx, sy, xx, xy] = [0, 0, 0, 0, 0];
  for (const [px, py] of points) {
    const off = Math.abs(py - u0 - d * px);
    const w = off <= near ? 1 : near / off;
    const [x, y] = [px - ox, py - oy];
    sum += w;
    sx += w * x;
    sy += w * y;
    xx += w * x * x;
    xy += w * x * y;
  }
  const spread = xx - (sx * sx) / sum;
  if (!(spread > 0)) return null;
  const slope = (xy - (sx * sy) / sum) / spread;
  return { d: slope, u0: oy + sy / sum - slope * (ox + sx / sum) };
}

/**
 * The median of all slopes between two points.
 * @param {XY[]} points of which at least two differ in X
 */
function theilSen(points) {
  const slopes = [];
  for (let i = 0; i < points.length; i++) {
    for (let k = i + 1; k < points.length; k++) {
      const run = points[k][0] - points[i][0];
      if (run !== 0) slopes.push((points[k][1] - points[i][1]) / run);
    }
  }
  const d = median(slopes);
  return { d, u0: median(points.map(([x, y]) => y - d * x)) };
}

/**
 * So many points, evenly over X, its ends among them.
 * @param {XY[]} points
 */
function thinned(points) {
  const sorted = [...points].sort((a, b) => a[0] - b[0]);
  if (sorted.length <= startPoints) return sorted;
  return Array.from({ length: startPoints }, (_, i) => sorted[Math.round((i * (sorted.length - 1)) / (startPoints - 1))]);
}

/** @param {number[]} values */
export function median(values) {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** @param {number[]} values @returns {[number, number]} */
export function extent(values) {
  return values.reduce((/** @type {[number, number]} */ [a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
}
