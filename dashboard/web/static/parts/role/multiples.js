// All members of a role by one measure: each its own small chart on one scale,
// with those that differ first.
import { useFeed, useWidth } from "../../charts/use.js";
import { format } from "../../lib/format.js";
import { extent, linesOf, means, memberQueries, middleLine } from "../../lib/members.js";
import { farWords, outliers } from "../../lib/peers.js";
import { html, useEffect, useMemo, useRef, useState } from "../../lib/preact.js";
import { TroubleNote } from "../trouble.js";
import { MemberChart } from "./member.js";

/** @typedef {import("../../lib/keymetrics.js").KeyMetric} KeyMetric */
/** @typedef {import("../../lib/peers.js").Outlier} Outlier */

const firstShown = 12;
const cellWidth = 208; // with the gap as style.css has it
const cellGap = 16;

/**
 * @param {{metric: KeyMetric, members: Host[], troubled: Set<string>, tell: (title: string, found: Outlier[]) => void}} props
 * tell is called when other members differ than before
 */
export function Multiples({ metric, members, troubled, tell }) {
  const [frame, width] = useWidth();
  const [more, setMore] = useState(0);
  const limit = Math.max(firstShown, 2 * Math.floor((width + cellGap) / (cellWidth + cellGap))) + more; // whole rows where they are long
  const instances = members.map((h) => h.instance);
  const queries = useMemo(() => memberQueries(metric.expr, instances), [metric, instances.join("\n")]);
  const { table, state } = useFeed(queries, width && cellWidth, !metric.leaf);
  const lines = useMemo(() => linesOf(table, instances), [table, instances.join("\n")]);
  const middle = useMemo(() => middleLine(lines, table.times.length), [lines]);
  const span = useMemo(() => extent(lines), [lines]);
  const far = useOutliers(metric, lines);
  const odd = new Map(far.map((o) => [o.member, words(o, metric)]));
  const said = JSON.stringify([...odd]);
  useEffect(() => state.loaded ? tell(metric.title, far) : undefined, [said, state.loaded]);
  const measured = members.filter((h) => !state.loaded || lines.get(h.instance)?.some((v) => v !== null));
  const sorted = [...measured.filter((h) => odd.has(h.instance)), ...measured.filter((h) => !odd.has(h.instance))];
  const without = members.length - measured.length;
  return html`<section class="measure" ref=${frame} data-measure=${metric.title} data-loaded=${String(state.loaded)}>
    <div class="head"><h2>${metric.title}</h2><span class="muted">${metric.about}</span></div>
    <div class="members">${sorted.slice(0, limit).map((h) => html`<${MemberChart} key=${h.instance} host=${h} metric=${metric} table=${table}
      values=${lines.get(h.instance) ?? []} middle=${middle} extent=${span} far=${odd.get(h.instance) ?? ""} troubled=${troubled.has(h.instance)} />`)}</div>
    ${without > 0 && html`<p class="muted">${without} ${without === 1 ? "member tells" : "members tell"} nothing of this.</p>`}
    <${TroubleNote} trouble=${state.trouble} />
    ${sorted.length > limit && html`<p><button type="button" onClick=${() => setMore(more + 4 * firstShown)}>show ${Math.min(sorted.length - limit, 4 * firstShown)} more of ${sorted.length}</button></p>`}
  </section>`;
}

/**
 * How far a member is from its peers.
 * @param {Outlier} o
 * @param {KeyMetric} metric
 */
export function words(o, metric) {
  return farWords(o, (v) => format(v, metric.unit));
}

/**
 * Who differs, where those that did must come nearer than others to be let go.
 * @param {KeyMetric} metric
 * @param {Map<string, (number | null)[]>} lines
 */
function useOutliers(metric, lines) {
  const before = useRef(/** @type {Set<string>} */ (new Set()));
  return useMemo(() => {
    const found = outliers(means(lines), metric.min, before.current);
    before.current = new Set(found.map((o) => o.member));
    return found;
  }, [lines, metric]);
}
