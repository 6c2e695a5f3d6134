// What Explore shows while nothing is asked: questions to begin with.
import { setView, view } from "../../lib/explore/view.js";
import { html } from "../../lib/preact.js";

/** @type {{text: string, exprs: string[], show?: "scatter"}[]} */
const examples = [
  { text: "How busy is the CPU of each host?", exprs: ['100 * (1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[1m])))'] },
  { text: "What does the memory of this farm go to?", exprs: ["sum(node_memory_MemTotal_bytes) - sum(node_memory_MemAvailable_bytes)", "sum(node_memory_Cached_bytes)"] },
  { text: "Which lines do applications send most?", exprs: ['topk(10, rate({job="",instance="",__name__=~".+_total"}[1m]))'] },
  { text: "What does each packet cost in CPU? Resource against work:", exprs: ["sum by (instance) (rate(node_network_receive_packets_total[1m]))", '100 * (1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[1m])))'], show: "scatter" },
];

export function Teach() {
  const ask = (/** @type {typeof examples[number]} */ e) => setView({ ...view.value, queries: e.exprs.map((expr) => ({ expr, hidden: false })), show: e.show ?? "graph", x: "", y: "" });
  return html`<section class="teach">
    <h2>Ask anything</h2>
    <p>Type a metric's name above: what is known is offered as you type, with what it means. Enter asks. The address holds all of it, so it can be sent to somebody else.</p>
    <ul class="plain">${examples.map((e) => html`<li key=${e.text}>${e.text} <button type="button" class="example" onClick=${() => ask(e)}><code>${e.exprs.join("\n")}</code></button></li>`)}</ul>
  </section>`;
}
