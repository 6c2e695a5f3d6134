// Numbers for people: at most three significant digits and a unit prefix. The
// full precision is given by exact(), for hovers.

/** @type {[number, string][]} */
const metric = [[1e15, "P"], [1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]];

/** @type {[number, number, string][]} from this on, seconds in one, its name */
const durations = [
  [172800, 86400, "d"], [7200, 3600, "h"], [120, 60, "min"],
  [1, 1, "s"], [1e-3, 1e-3, "ms"], [1e-6, 1e-6, "µs"], [0, 1e-9, "ns"],
];

/**
 * The number with at most three significant digits, without an exponent.
 * @param {number} v
 */
export function digits(v) {
  if (v === 0) return "0";
  const rounded = Number(v.toPrecision(3));
  const text = String(rounded);
  return text.includes("e") ? rounded.toFixed(Math.abs(rounded) < 1 ? 9 : 0) : text;
}

/**
 * The divisor and the name of the unit in which v reads best.
 * @param {number} v
 * @param {string} unit "s", "%", "B", "B/s", "/s" or ""
 * @returns {{divisor: number, name: string}}
 */
export function scale(v, unit) {
  const size = Math.abs(Number(v.toPrecision(3)));
  if (unit === "%") return { divisor: 1, name: "%" };
  if (unit === "s") {
    if (size === 0) return { divisor: 1, name: "s" };
    const [, divisor, name] = durations.find(([from]) => size >= from) ?? [0, 1, "s"];
    return { divisor, name };
  }
  const [divisor, prefix] = metric.find(([from]) => size >= from) ?? [1, ""];
  return { divisor, name: prefix + unit };
}

/**
 * A value as pages show it: "1.23 kB/s", "34.5 ms", "–" when there is none.
 * @param {number | null | undefined} v
 * @param {string} unit
 */
export function format(v, unit) {
  if (v === null || v === undefined || Number.isNaN(v)) return "–";
  if (!Number.isFinite(v)) return v > 0 ? "∞" : "-∞";
  const { divisor, name } = scale(v, unit);
  return join(digits(v / divisor), name);
}

/**
 * A value with all its digits, in the base unit.
 * @param {number | null | undefined} v
 * @param {string} unit
 */
export function exact(v, unit) {
  return v === null || v === undefined ? "no value" : join(String(v), unit);
}

/**
 * The marks of an axis: all in one unit, that of the greatest. Unless signed they
 * have no minus: what is drawn below zero to tell it apart is not negative.
 * @param {number[]} splits
 * @param {string} unit
 * @param {boolean} [signed]
 */
export function axisLabels(splits, unit, signed = false) {
  const greatest = splits.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  const { divisor, name } = scale(greatest, unit);
  return splits.map((v) => (v === 0 ? "0" : (signed && v < 0 ? "−" : "") + join(digits(Math.abs(v) / divisor), name)));
}

/**
 * A count with its digits in groups: "1 234 567".
 * @param {number} n
 */
export function count(n) {
  return String(n).replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
}

/**
 * @param {string} number
 * @param {string} unit
 */
function join(number, unit) {
  const close = unit === "" || unit.startsWith("/"); // "12/s", but "1.2 k/s"
  return close ? number + unit : `${number}\u00a0${unit}`;
}
