// How long things take for the users of a role: the sketches of its hosts,
// merged by the collector. Percentiles are never averaged.
import { BandChart } from "../../charts/bandchart.js";
import { labelOf } from "../../lib/lines.js";
import { html } from "../../lib/preact.js";

const firstShown = 4;
const noListeners = /** @type {string[]} */ ([]);

/** @param {{timings: import("./useroles.js").FarmTiming[]}} props */
export function FarmBands({ timings }) {
  const all = timings.flatMap((t) => t.series.map((labels) => ({ timing: t, labels })));
  if (all.length === 0) return null;
  return html`<section data-farm-bands=${all.length}>
    <div class="head"><h2>For users</h2><span class="muted">Merged from the observations of all hosts, not from their percentiles</span></div>
    <div class="panels">${all.slice(0, firstShown).map(({ timing, labels }) => {
      const { __name__: name, quantile, ...rest } = labels;
      return html`<div key=${JSON.stringify(labels)}>
        <${BandChart} name=${name} labels=${{ instance: "", ...rest }} title=${title(name, rest)} listeners=${noListeners} />
        <p class="muted">${ofWhom(timing)}</p>
      </div>`;
    })}</div>
    ${all.length > firstShown && html`<p class="muted">${all.length - firstShown} more are on the page <a href="/counters">Counters & timings</a>.</p>`}
  </section>`;
}

/**
 * @param {string} name
 * @param {Labels} labels
 */
function title(name, labels) {
  const said = labelOf({ ...labels, instance: "" });
  return said === "all" ? name : `${name} ${said}`;
}

/** Whose observations these are, so that nobody takes them for the role's alone. @param {import("./useroles.js").FarmTiming} t */
export function ofWhom(t) {
  if (t.of >= t.hosts) return `Of ${t.hosts === 1 ? "the one host" : `the ${t.hosts} hosts`} that tell${t.hosts === 1 ? "s" : ""} it, all of this role.`;
  return `Of ${t.hosts} hosts that tell it, ${t.of} of which are of this role: the others are in it too.`;
}
