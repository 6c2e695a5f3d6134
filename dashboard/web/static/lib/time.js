// Instants, spans and the time range of the pages. Instants are Unix seconds;
// everything is shown in UTC.

/** @type {[string, number][]} */
export const presets = [
  ["5m", 300], ["15m", 900], ["1h", 3600], ["6h", 21600], ["24h", 86400], ["7d", 604800], ["30d", 2592000],
];

/** What is shown when nothing else is asked for. @type {TimeRange & {live: true}} */
export const usualRange = { live: true, seconds: 300 };

/** @type {Record<string, number>} */
const units = { s: 1, m: 60, h: 3600, d: 86400, w: 604800 };
const longest = 5 * 366 * 86400;

/**
 * Seconds of "90s", "15m", "6h", "7d", "2w"; null for anything else.
 * @param {string} text
 */
export function parseDuration(text) {
  const m = /^(\d{1,9})([smhdw])$/.exec(text.trim());
  return m ? Number(m[1]) * units[m[2]] : null;
}

/**
 * The shortest writing of a span that parseDuration reads back.
 * @param {number} seconds
 */
export function formatDuration(seconds) {
  for (const unit of ["d", "h", "m"]) {
    const one = units[unit];
    if (seconds >= one && seconds % one === 0 && !(unit === "d" && seconds === 86400)) return seconds / one + unit;
  }
  return `${seconds}s`;
}

/**
 * Unix seconds of an instant: seconds as a number, or RFC 3339; null otherwise.
 * @param {string | null | undefined} text
 */
export function parseInstant(text) {
  if (!text) return null;
  if (/^\d{9,11}(\.\d+)?$/.test(text)) return Number(text);
  const ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(ms) || ms <= 0 ? null : ms / 1000;
}

/**
 * The range that a query string names; the usual one when it names none.
 * @param {URLSearchParams} params
 * @param {{seconds: number}} [usual]
 * @returns {TimeRange}
 */
export function parseRange(params, usual = usualRange) {
  const from = parseInstant(params.get("from"));
  const to = parseInstant(params.get("to"));
  if (from !== null && to !== null && to > from && to - from <= longest) return { live: false, from, to };
  const seconds = parseDuration(params.get("range") ?? "") ?? usual.seconds;
  return { live: true, seconds: Math.min(Math.max(seconds, 60), longest) };
}

/**
 * Writes a range into a query string, the usual one as nothing.
 * @param {URLSearchParams} params changed
 * @param {TimeRange} range
 * @param {{seconds: number}} [usual]
 */
export function writeRange(params, range, usual = usualRange) {
  for (const name of ["range", "from", "to"]) params.delete(name);
  if (!range.live) {
    params.set("from", isoSeconds(range.from));
    params.set("to", isoSeconds(range.to));
  } else if (range.seconds !== usual.seconds) {
    params.set("range", formatDuration(range.seconds));
  }
}

/**
 * Begin and end of a range.
 * @param {TimeRange} range
 * @param {number} now
 */
export function bounds(range, now) {
  return range.live ? { from: now - range.seconds, to: now } : { from: range.from, to: range.to };
}

/** @param {number} t */
export function isoSeconds(t) {
  return new Date(Math.round(t) * 1000).toISOString().replace(".000Z", "Z");
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** @param {number} t "14:32:07" */
export function clock(t) {
  return new Date(t * 1000).toISOString().slice(11, 19);
}

/** @param {number} t "21 Nov" */
export function day(t) {
  const d = new Date(t * 1000);
  return `${d.getUTCDate()} ${months[d.getUTCMonth()]}`;
}

/**
 * An instant as short as it is clear: the day only if it is not today.
 * @param {number} t
 * @param {number} now
 */
export function moment(t, now) {
  const time = clock(t);
  return Math.floor(t / 86400) === Math.floor(now / 86400) ? time : `${day(t)} ${time.slice(0, 5)}`;
}

/**
 * How long ago: "5 s", "3 min", "2 h", "4 d".
 * @param {number} seconds
 */
export function ago(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 120) return `${s} s`;
  if (s < 7200) return `${Math.round(s / 60)} min`;
  if (s < 172800) return `${Math.round(s / 3600)} h`;
  return `${Math.round(s / 86400)} d`;
}

/**
 * The marks of a time axis whose neighbours are incr seconds apart.
 * @param {number[]} splits
 * @param {number} incr
 */
export function timeLabels(splits, incr) {
  return splits.map((t) => {
    if (incr >= 86400 || t % 86400 === 0) return day(t);
    return incr < 60 ? clock(t) : clock(t).slice(0, 5);
  });
}
