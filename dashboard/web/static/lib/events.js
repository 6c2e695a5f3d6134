// What others told of: deployments, restarts, failovers. Charts mark those of
// the range that the page shows; the server sends new ones by itself.
import { getJSON } from "./api.js";
import { live } from "./live.js";
import { range } from "./route.js";
import { Store } from "./store.js";
import { bounds } from "./time.js";

const most = 500; // marks: more of them hide the curves
const refreshMs = 60_000; // what the server sends is the newest few only
const retryMs = 10_000;

/** @typedef {ToldEvent & {t: number}} Mark an event with its instant in Unix seconds */

/** The events of the range that is shown, oldest first. */
export const marks = new Store(/** @type {Mark[]} */ ([]));

/** Glyph and colour of the types of events, and which is drawn over which; all
 * else is info. @type {Record<string, {glyph: string, colour: string, rank: number}>} */
const looks = {
  error: { glyph: "✕", colour: "--critical", rank: 3 },
  warning: { glyph: "▲", colour: "--warning", rank: 2 },
  success: { glyph: "✓", colour: "--ok", rank: 1 },
  info: { glyph: "◆", colour: "--info", rank: 0 },
};

/** @param {ToldEvent} e */
export function lookOf(e) {
  return Object.hasOwn(looks, e.type ?? "") ? looks[e.type ?? ""] : looks.info;
}

/**
 * Events of two lists, each once, as it was heard of last; oldest first, and the
 * newest only when there are too many.
 * @param {Mark[]} old
 * @param {ToldEvent[]} more
 */
export function merge(old, more) {
  const byId = new Map(old.map((m) => [m.id, m]));
  for (const e of more) byId.set(e.id, { ...e, t: Date.parse(e.at) / 1000 });
  return [...byId.values()].filter((m) => Number.isFinite(m.t)).sort((a, b) => a.t - b.t || a.id - b.id).slice(-most);
}

/**
 * The marks around an instant, newest first.
 * @param {Mark[]} all
 * @param {number} t
 * @param {number} seconds before and after it
 */
export function near(all, t, seconds) {
  return all.filter((m) => Math.abs(m.t - t) <= seconds).reverse();
}

/** " ×3" of an event that was told three times. @param {ToldEvent} e */
export function repeats(e) {
  return e.repeats ? ` ×${e.repeats + 1}` : "";
}

/**
 * @param {number} from
 * @param {number} to
 * @param {AbortSignal} [signal]
 * @returns {Promise<ToldEvent[]>}
 */
export async function askEvents(from, to, signal) {
  const params = new URLSearchParams({ start: String(from), end: String(to), limit: String(most) });
  const body = await getJSON(`/api/plimsoll/v1/events?${params}`, signal);
  return body.events ?? [];
}

/** Keeps the marks those of the range that is shown. */
export function followEvents() {
  let timer = 0;
  let abort = new AbortController();
  const ask = async () => {
    clearTimeout(timer);
    abort.abort();
    const mine = (abort = new AbortController());
    const { from, to } = bounds(range.value, Date.now() / 1000);
    try {
      const found = await askEvents(from, range.value.live ? to + 60 : to, mine.signal);
      if (!mine.signal.aborted) show(merge([], found));
    } catch {
      // the charts say that the server cannot be reached; marks come back with it
      if (!mine.signal.aborted) timer = setTimeout(ask, retryMs);
      return;
    }
    if (!mine.signal.aborted && range.value.live) timer = setTimeout(ask, refreshMs);
  };
  range.watch(ask);
  live.opened.watch((times) => times > 1 && ask());
  live.told.watch((events) => range.value.live && show(merge(marks.value, events)));
  ask();
}

/** Changes the marks only if they differ: each change draws all charts anew.
 * @param {Mark[]} next
 */
function show(next) {
  if (JSON.stringify(next) !== JSON.stringify(marks.value)) marks.set(next);
}
