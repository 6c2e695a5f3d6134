// Resource against work: any series against any other over the window, with the
// straight line that describes them best.
import { fitLine } from "../../lib/explore/fit.js";
import { matchLines, matchWords } from "../../lib/explore/match.js";
import { seriesText } from "../../lib/explore/names.js";
import { letter, setView, view } from "../../lib/explore/view.js";
import { html, useMemo } from "../../lib/preact.js";
import { useStore } from "../../lib/store.js";
import { FitNote } from "./fitnote.js";
import { Points } from "./points.js";

/** @typedef {import("../../lib/explore/picture.js").Picture} Picture */
/** @typedef {import("../../lib/explore/match.js").Match} Match */
/** @typedef {{match: Match, fit: import("../../lib/explore/fit.js").Fit | null, x: string, y: string}} Relation */

const mostChoices = 50; // single series of a query in a list

/**
 * The sides that are chosen, or the first two queries.
 * @param {Picture} picture
 * @param {{x: string, y: string}} chosen
 */
export function sidesOf(picture, chosen) {
  const queries = [...new Set(picture.curves.map((c) => c.query))];
  const y = chosen.y || String(queries.find((q) => String(q) !== chosen.x && q !== queries[0]) ?? queries[0] ?? "");
  return { x: chosen.x || String(queries.find((q) => String(q) !== y) ?? queries[0] ?? ""), y };
}

/** The curves of a side: of a query, or one of them. @param {Picture} picture @param {string} side */
function linesOf(picture, side) {
  const text = side.slice(1);
  return picture.curves.filter((c) => c.query === Number(side[0]) && (text === "" || seriesText(c.labels) === text));
}

/**
 * @param {Picture} picture
 * @param {{x: string, y: string}} sides
 * @returns {Relation}
 */
export function relate(picture, { x, y }) {
  const match = matchLines(picture.times, x ? linesOf(picture, x) : [], y ? linesOf(picture, y) : []);
  const fit = fitLine(match.groups.flatMap((g) => g.points.map((p) => /** @type {[number, number]} */ ([p.x, p.y]))));
  return { match, fit, x, y };
}

/** @param {{picture: Picture, relation: Relation, units: string[], width: number, loading: boolean}} props */
export function Scatter({ picture, relation, units, width, loading }) {
  const shown = useStore(view);
  const { match, fit, x, y } = relation;
  const points = useMemo(() => match.groups.reduce((n, g) => n + g.points.length, 0), [match]);
  const [xUnit, yUnit] = [units[Number(x[0])] ?? "", units[Number(y[0])] ?? ""];
  return html`<div class="scatter" data-points=${points} data-r2=${fit?.r2}>
    <h2 class="hidden">Resource against work</h2>
    <div class="ranges">
      <${Side} name="work X" picture=${picture} value=${x} onChange=${(/** @type {string} */ v) => setView({ ...shown, x: v, y })} />
      <${Side} name="resource U" picture=${picture} value=${y} onChange=${(/** @type {string} */ v) => setView({ ...shown, x, y: v })} />
      <button type="button" onClick=${() => setView({ ...shown, x: y, y: x })}>swap</button>
    </div>
    ${x === y && html`<p class="blank">A query against itself shows nothing new. Add another one: the work that is done, as <code>sum by (instance) (rate(requests_total[1m]))</code>, and what it takes, as the busy share of the CPU.</p>`}
    <p class="note">${matchWords(match)}</p>
    ${points === 0 && !loading && html`<p class="blank">No two points lie at the same time and labels in this time range.</p>`}
    <${Points} groups=${match.groups} line=${fit} xUnit=${xUnit} yUnit=${yUnit} width=${width} loading=${loading} />
    <${FitNote} fit=${fit} points=${points} xUnit=${xUnit} yUnit=${yUnit} />
    ${fit && html`<${Points} residuals groups=${match.groups} line=${fit} xUnit=${xUnit} yUnit=${yUnit} width=${width} loading=${loading} />`}
  </div>`;
}

/** @param {{name: string, picture: Picture, value: string, onChange: (v: string) => void}} props */
function Side({ name, picture, value, onChange }) {
  const queries = [...new Set(picture.curves.map((c) => c.query))];
  const choices = queries.flatMap((q) => {
    const of = picture.curves.filter((c) => c.query === q);
    const all = { value: String(q), text: `${letter(q)}: ${of.length === 1 ? of[0].name : `all ${of.length} series`}` };
    return of.length === 1 ? [all] : [all, ...of.slice(0, mostChoices).map((c) => ({ value: q + seriesText(c.labels), text: `${queries.length > 1 ? "" : `${letter(q)} `}${c.name}` }))];
  });
  if (value && !choices.some((c) => c.value === value)) choices.push({ value, text: value.slice(1) || letter(Number(value)) });
  return html`<label>${name} <select data-side=${name} value=${value} onChange=${(/** @type {any} */ e) => onChange(e.target.value)}>
    ${choices.map((c) => html`<option key=${c.value} value=${c.value} selected=${c.value === value}>${c.text}</option>`)}
  </select></label>`;
}
