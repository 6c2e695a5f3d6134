// How fine a picture is asked for. Steps are multiples of the flush interval of
// 10 s, so that each point of a picture lies on stored rows.

const steps = [10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 21600, 43200, 86400];

/**
 * The step for a range drawn over a width: at most one point each two pixels.
 * @param {number} seconds
 * @param {number} width in CSS pixels
 */
export function chooseStep(seconds, width) {
  const least = (seconds / Math.max(width, 100)) * 2;
  return steps.find((s) => s >= least) ?? Math.ceil(least / 86400) * 86400;
}

/**
 * The window of rate() for a step: never under 40 s, so that it holds enough
 * samples of a 10 s sender, and never so short that samples fall between steps.
 * @param {number} step
 */
export function rateWindow(step) {
  return Math.max(40, 4 * step);
}

/** @param {number} step @returns {Rate} */
export function historyRate(step) {
  return (selector) => `rate(${selector}[${rateWindow(step)}s])`;
}

/** The rate of the last two samples: follows senders of 1 s and of 10 s. @type {Rate} */
export const liveRate = (selector) => `irate(${selector}[30s])`;

/**
 * Begin and end on multiples of the step, so that a picture does not flicker
 * when it is asked for again; around the range, so that lines reach its edges
 * and the first bucket shown has one before it.
 * @param {number} from
 * @param {number} to
 * @param {number} step
 */
export function align(from, to, step) {
  return { start: (Math.floor(from / step) - 1) * step, end: Math.ceil(to / step) * step };
}
