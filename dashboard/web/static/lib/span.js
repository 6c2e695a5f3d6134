// Spans of time as people write them and the server reads them: 30m, 2h, 1h30m,
// 1d, 1w.

/** @type {[string, number][]} */
const units = [["w", 604800], ["d", 86400], ["h", 3600], ["m", 60], ["s", 1]];
const text = /^(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/;

/**
 * Seconds; null for what is no span, or none at all.
 * @param {string} written
 */
export function parseSpan(written) {
  const m = text.exec(written.trim());
  if (!m || !m[0]) return null;
  const seconds = units.reduce((sum, [, one], i) => sum + Number(m[i + 1] ?? 0) * one, 0);
  return seconds > 0 && seconds <= 400 * 86400 ? seconds : null;
}

/**
 * The shortest way to write it: "1h30m". Weeks only when there are nothing else.
 * @param {number} seconds
 */
export function writeSpan(seconds) {
  let rest = Math.round(seconds);
  if (rest <= 0) return "0s";
  if (rest % 604800 === 0) return `${rest / 604800}w`;
  let written = "";
  for (const [unit, one] of units.slice(1)) {
    if (rest >= one) written += `${Math.floor(rest / one)}${unit}`;
    rest %= one;
  }
  return written;
}

/**
 * What a field for an instant shows, in UTC: "2026-11-21T20:30".
 * @param {number} t
 */
export function fieldOf(t) {
  return new Date(t * 1000).toISOString().slice(0, 16);
}

/**
 * RFC 3339 of such a field; "" for an empty or wrong one.
 * @param {string} field
 */
export function instantOf(field) {
  const ms = Date.parse(`${field}Z`);
  return field && Number.isFinite(ms) ? new Date(ms).toISOString().replace(".000Z", "Z") : "";
}

/**
 * About how long: "3 d 4 h", "12 min", "40 s".
 * @param {number} seconds
 */
export function formatSpan(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 120) return `${s} s`;
  if (s < 7200) return `${Math.round(s / 60)} min`;
  if (s < 172800) return `${Math.floor(s / 3600)} h${s % 3600 >= 60 ? ` ${Math.floor((s % 3600) / 60)} min` : ""}`;
  return `${Math.floor(s / 86400)} d${s % 86400 >= 3600 ? ` ${Math.floor((s % 86400) / 3600)} h` : ""}`;
}
