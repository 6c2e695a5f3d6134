// One chart without the rest of the pages, for the frames of others:
// /embed?expr=…&title=…&unit=…&level=…&stacked=1
import { Chart } from "../charts/chart.js";
import { html, useMemo } from "../lib/preact.js";
import { labelOf } from "../lib/lines.js";

const most = 8;

export function EmbedPage() {
  const panel = useMemo(() => panelOf(new URLSearchParams(location.search)), [location.search]);
  if (panel.queries.length === 0) return html`<p class="blank">No chart: the address needs ?expr=EXPRESSION.</p>`;
  return html`<h1 class="hidden">${panel.title}</h1><${Chart} panel=${panel} height=${168} />`;
}

/**
 * @param {URLSearchParams} params
 * @returns {PanelSpec}
 */
function panelOf(params) {
  const exprs = params.getAll("expr").filter(Boolean).slice(0, most);
  const level = params.get("level");
  return {
    title: params.get("title") || exprs[0] || "",
    unit: params.get("unit") ?? "",
    kind: params.get("stacked") === "1" ? "stack" : "lines",
    level: level && Number.isFinite(Number(level)) ? Number(level) : null,
    queries: exprs.map((expr) => ({ expr: () => expr, label: labelOf })),
  };
}
