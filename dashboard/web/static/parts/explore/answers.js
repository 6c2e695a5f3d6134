// What the queries answered, in the view that is chosen, and ways to keep it.
import { mostRows, mostSeries } from "../../lib/explore/asker.js";
import { noPicture, pictureOf } from "../../lib/explore/picture.js";
import { download, saveGraph, saveScatter, saveTable } from "../../lib/explore/save.js";
import { commonUnit, unitOf } from "../../lib/explore/unit.js";
import { letter, setView, view } from "../../lib/explore/view.js";
import { html, useMemo, useRef } from "../../lib/preact.js";
import { useStore } from "../../lib/store.js";
import { Graph } from "./graph.js";
import { relate, Scatter, sidesOf } from "./scatter.js";
import { rowsOf, Table } from "./table.js";

/** @typedef {import("../../lib/explore/picture.js").Answered} Answered */

/** @param {{asking: import("../../pages/explore.js").Asking[], width: number}} props */
export function Answers({ asking, width }) {
  const shown = useStore(view);
  const answered = asking.flatMap(({ index, expr, run }) => (run?.answer ? [{ index, expr, answer: run.answer }] : []));
  const loading = asking.some((a) => !a.run || a.run.loading);
  const known = [...answered.map((a) => a.answer), answered.map((a) => a.index).join()];
  const { rows, at } = useMemo(() => tableOf(answered), known);
  const picture = useKept(useMemo(() => pictureOf(answered), known), loading);
  const units = useMemo(() => shown.queries.map((q) => unitOf(q.expr)), [shown]);
  const sides = sidesOf(picture, shown);
  const relation = useMemo(() => (shown.show === "scatter" ? relate(picture, sides) : null), [picture, shown.show, sides.x, sides.y]);
  const keep = (/** @type {"csv" | "json"} */ kind) => {
    if (shown.show === "table") return download(saveTable(kind, asking, rows, at));
    return download(relation ? saveScatter(kind, asking, relation, picture) : saveGraph(kind, asking, picture));
  };
  const empty = !loading && (shown.show === "table" ? rows.length === 0 : picture.curves.length === 0) && asking.every((a) => !a.run?.trouble);
  return html`<${Ways} keep=${keep} />
    <${LeftOff} answered=${answered} />
    ${empty && html`<p class="blank">No series answer this in this time range. Ctrl-Space in the field lists what there is.</p>`}
    ${shown.show === "table" && html`<${Table} rows=${rows} loading=${loading} />`}
    ${shown.show === "graph" && html`<${Graph} exprs=${asking.map((a) => a.expr)} picture=${picture} stacked=${shown.stacked} unit=${commonUnit(answered.map((a) => a.expr))} width=${width} loading=${loading} />`}
    ${relation && html`<${Scatter} picture=${picture} relation=${relation} units=${units} width=${width} loading=${loading} />`}`;
}

/** @param {Answered[]} answered */
function tableOf(answered) {
  const instant = answered.filter((a) => a.answer.step === 0);
  return { rows: rowsOf(instant, unitOf), at: instant[0]?.answer.end ?? 0 };
}

/**
 * The old picture as long as nothing of the new one has come.
 * @param {import("../../lib/explore/picture.js").Picture} next
 * @param {boolean} loading
 */
function useKept(next, loading) {
  const kept = useRef(noPicture);
  if (next.curves.length > 0 || !loading) kept.current = next;
  return kept.current;
}

/** @type {["graph" | "table" | "scatter", string][]} */
const ways = [["graph", "graph"], ["table", "table"], ["scatter", "resource against work"]];

/** The view, and files of it. @param {{keep: (kind: "csv" | "json") => void}} props */
function Ways({ keep }) {
  const shown = useStore(view);
  return html`<div class="ranges ways">
    <span class="ranges" role="group" aria-label="View">${ways.map(([show, name]) => html`<button key=${show} type="button" data-view=${show} aria-pressed=${shown.show === show} onClick=${() => setView({ ...shown, show })}>${name}</button>`)}</span>
    ${shown.show === "graph" && html`<button type="button" data-stack aria-pressed=${shown.stacked} onClick=${() => setView({ ...shown, stacked: !shown.stacked })}>stacked</button>`}
    <span class="ranges" role="group" aria-label="Save what is shown"><span class="muted">save as</span>
      <button type="button" data-save="csv" onClick=${() => keep("csv")}>CSV</button>
      <button type="button" data-save="json" onClick=${() => keep("json")}>JSON</button></span>
  </div>`;
}

/** Says of which queries the server left series off.
 * @param {{answered: Answered[]}} props
 */
function LeftOff({ answered }) {
  const cut = answered.filter((a) => a.answer.notes.some((n) => n.includes("truncated")));
  if (cut.length === 0) return null;
  const most = cut[0].answer.step === 0 ? mostRows : mostSeries;
  return html`<p class="note" role="status"><b>${cut.map((a) => letter(a.index)).join(", ")}: only the first ${most} series are asked for; there are more.</b> Sum them, or name more labels.</p>`;
}
