// Explore: any PromQL, as curves, as a table, or one series against another.
import { useWidth } from "../charts/use.js";
import { Trouble } from "../lib/api.js";
import { faultIn, inWords } from "../lib/explore/refusal.js";
import { followView, letter, readView, view } from "../lib/explore/view.js";
import { html, useEffect, useState } from "../lib/preact.js";
import { useStore } from "../lib/store.js";
import { Answers } from "../parts/explore/answers.js";
import { QueryList } from "../parts/explore/querylist.js";
import { Teach } from "../parts/explore/teach.js";
import { useAnswers } from "../parts/explore/useanswers.js";
import { RangePicker } from "../parts/header.js";
import { TroubleNote } from "../parts/trouble.js";

/** @typedef {{index: number, expr: string, run: import("../lib/explore/asker.js").Run | undefined}} Asking */

export function ExplorePage() {
  useState(readView); // before anything is drawn
  useEffect(followView, []);
  const shown = useStore(view);
  const [frame, width] = useWidth();
  const [again, setAgain] = useState(0);
  const asked = shown.queries.map((q, index) => ({ index, expr: q.expr.trim(), hidden: q.hidden })).filter((q) => q.expr !== "" && !q.hidden);
  const runs = useAnswers([...new Set(asked.map((q) => q.expr))], width, shown.show === "table", again);
  const asking = asked.map((q) => ({ ...q, run: runs.get(q.expr) }));
  return html`<div class="head"><h1>Explore</h1><${RangePicker} /></div>
    <${QueryList} onRun=${() => setAgain(again + 1)} />
    <div ref=${frame} class="explored">
      ${shown.queries.every((q) => q.expr.trim() === "") ? html`<${Teach} />`
        : asked.length === 0 ? html`<p class="blank">All queries are hidden. Their letters show them again.</p>`
        : html`<${Troubles} asking=${asking} /><${Answers} asking=${asking} width=${width} /><${Notes} asking=${asking} />`}
    </div>`;
}

/** What is wrong with which query, but what stands under its field already.
 * @param {{asking: Asking[]}} props
 */
function Troubles({ asking }) {
  return html`${asking.map(({ index, expr, run }) => {
    const trouble = run?.trouble;
    if (!trouble) return null;
    if (trouble instanceof Trouble && faultIn(trouble.what, expr)) return null;
    return html`<div key=${index} class="of" data-trouble=${letter(index)}><b>${letter(index)}</b> <${TroubleNote} trouble=${inWords(trouble)} /></div>`;
  })}`;
}

/** @param {{asking: Asking[]}} props */
function Notes({ asking }) {
  const notes = [...new Set(asking.flatMap(({ index, run }) => (run?.answer?.notes ?? []).filter((n) => !n.includes("truncated")).map((n) => `${letter(index)}: ${n}`)))];
  return html`${notes.map((n) => html`<p class="note muted" key=${n}>${n}</p>`)}`;
}
