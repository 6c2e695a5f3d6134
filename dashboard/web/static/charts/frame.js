// The frame of a chart: title, picture, legend, and what a screen reader says.
import { marks } from "../lib/events.js";
import { exact, format } from "../lib/format.js";
import { lossAt, percent } from "../lib/loss.js";
import { html, useEffect, useRef, useState } from "../lib/preact.js";
import { range, setRange } from "../lib/route.js";
import { useStore } from "../lib/store.js";
import { lastAt } from "../lib/table.js";
import { theme } from "../lib/theme.js";
import { bounds, formatDuration, moment } from "../lib/time.js";
import { hideNote } from "./marks.js";
import { hideLoss } from "./ribbon.js";
import { Plot } from "./plot.js";

/**
 * Draws a model into the element of the returned reference.
 * @param {Model} model
 * @param {{unit: string, kind: import("./plot.js").View["kind"], signed?: boolean, height: number, ceiling?: number | null, level?: number | null, extent?: [number, number] | null, width: number}} view
 * @param {Set<string>} hidden
 * @param {(index: number | null) => void} onCursor
 */
export function usePlot(model, view, hidden, onCursor) {
  const root = useRef(/** @type {HTMLDivElement | null} */ (null));
  const plot = useRef(/** @type {Plot | null} */ (null));
  const lines = useRef(/** @type {{ceiling: number | null, level: number | null, extent: [number, number] | null}} */ ({ ceiling: null, level: null, extent: null }));
  const shown = useStore(range);
  const tone = useStore(theme);
  const events = useStore(marks);
  lines.current = { ceiling: view.ceiling ?? null, level: view.level ?? null, extent: view.extent ?? null };
  useEffect(() => {
    if (!root.current) return;
    plot.current = new Plot(root.current, {
      height: view.height,
      unit: view.unit,
      kind: view.kind,
      signed: view.signed,
      ceiling: () => lines.current.ceiling,
      level: () => lines.current.level,
      extent: () => lines.current.extent,
      onCursor,
      onZoom: (from, to) => setRange({ live: false, from, to }),
    });
    return () => {
      plot.current?.destroy();
      hideNote();
      hideLoss();
    };
  }, []);
  useEffect(() => {
    const end = Math.max(model.times.at(-1) ?? 0, Date.now() / 1000 - 5);
    plot.current?.draw(model, bounds(shown, end), tone, hidden);
  }, [model, shown, tone, hidden, view.width, events, String(view.extent)]);
  return root;
}

/** A set of switched off series, and the switch. @returns {[Set<string>, (key: string) => void]} */
export function useHidden() {
  const [hidden, set] = useState(/** @type {Set<string>} */ (new Set()));
  const toggle = (/** @type {string} */ key) =>
    set((old) => {
      const next = new Set(old);
      if (!next.delete(key)) next.add(key);
      return next;
    });
  return [hidden, toggle];
}

/** The index to read values at: under the cursor, or the newest that has any.
 * @param {Model} model
 * @param {number | null} cursor
 */
export function readAt(model, cursor) {
  if (cursor !== null && cursor < model.times.length) return cursor;
  return model.times.indexOf(lastAt(model));
}

/**
 * The values of all series at one instant; each can be switched off.
 * @param {{model: Model, unit: string, at: number, hidden: Set<string>, toggle: (key: string) => void}} props
 */
export function Legend({ model, unit, at, hidden, toggle }) {
  return html`<ul class="legend">
    ${model.series.map((s) => {
      const value = at < 0 ? null : s.values[at];
      return html`<li key=${s.key}>
        <button type="button" aria-pressed=${!hidden.has(s.key)} title=${`${s.label}: ${exact(value, unit)}. Click to show or hide.`} onClick=${() => toggle(s.key)}>
          <i class="swatch" style=${{ background: `var(${s.colour})` }}></i>
          <span class="name">${s.label}</span> <b>${format(value, unit)}</b>
        </button>
      </li>`;
    })}
  </ul>`;
}

/**
 * "14:32:07 UTC · 10s points": the instant read and the resolution there.
 * @param {Model} model
 * @param {number} at
 */
export function readingAt(model, at) {
  if (at < 0) return "";
  const t = model.times[at];
  const step = at >= model.live && model.step <= 10 ? 1 : model.step;
  const lost = lossAt(model, at);
  return `${moment(t, Date.now() / 1000)} UTC · ${formatDuration(step)} points${lost && ` · ▚ ${lost} lost`}`;
}

/**
 * What the picture shows, in words.
 * @param {string} title
 * @param {Model} model
 * @param {string} unit
 */
export function describe(title, model, unit) {
  const parts = model.series.slice(0, 8).map((s) => {
    const values = s.values.filter((v) => v !== null);
    if (values.length === 0) return `${s.label}: no values`;
    const [low, high] = values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
    return `${s.label}: now ${format(values.at(-1), unit)}, lowest ${format(low, unit)}, highest ${format(high, unit)}`;
  });
  const worst = Math.max(0, ...(model.lost ?? []).map((v) => v ?? 0));
  const lost = worst > 0 ? ` Incomplete: up to ${percent(worst)} of the datagrams were lost.` : "";
  return `${title}. ${parts.join("; ") || "No data in this time range"}.${lost}`;
}
