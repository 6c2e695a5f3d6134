// Network: the devices that are polled by SNMP, their interfaces, and what they
// tell by traps; or one device with its charts.
import { Chart } from "../charts/chart.js";
import { getJSON, queryInstant } from "../lib/api.js";
import { html, useMemo } from "../lib/preact.js";
import { devicePanels, devices, pollQuery } from "../lib/network/devices.js";
import { interfaceQueries, interfaces, pick } from "../lib/network/interfaces.js";
import { useAsk } from "../parts/alerts/useask.js";
import { Command } from "../parts/bits.js";
import { RangePicker } from "../parts/header.js";
import { Devices, PollSign } from "../parts/network/devices.js";
import { Interfaces } from "../parts/network/interfaces.js";
import { Traps } from "../parts/network/traps.js";
import { TroubleNote } from "../parts/trouble.js";

/** @param {AbortSignal} signal @param {string} id of one device; "": all */
async function askNetwork(signal, id) {
  const [told] = await queryInstant("count(ifOperStatus)", signal);
  const total = told?.value ?? 0;
  const asked = Object.entries(interfaceQueries(id ? 0 : total, id));
  const trapQuery = new URLSearchParams({ limit: "50", "match[]": id ? `{source="snmp",host=${JSON.stringify(id)}}` : '{source="snmp"}' });
  const [polls, sources, events, ...answers] = await Promise.all([
    queryInstant(pollQuery, signal), getJSON("/api/plimsoll/v1/sources", signal), getJSON(`/api/plimsoll/v1/events?${trapQuery}`, signal),
    ...asked.map(([, expr]) => queryInstant(expr, signal)),
  ]);
  const ports = interfaces(Object.fromEntries(asked.map(([name], i) => [name, answers[i]])));
  return { total, ports, all: devices(polls, ports), traps: /** @type {ToldEvent[]} */ (events.events), listen: /** @type {string} */ (sources.traps?.listen ?? "") };
}

/** @param {{id?: string}} props */
export function NetworkPage({ id = "" }) {
  const { answer, trouble } = useAsk((signal) => askNetwork(signal, id), [id]);
  const name = id || "Network";
  if (answer === null) return html`<h1>${name}</h1><${TroubleNote} trouble=${trouble} />`; // what comes first must not push the rest down
  if (id) return html`<${OneDevice} key=${id} id=${id} ...${answer} trouble=${trouble} />`;
  return html`<div class="head"><h1>Network</h1>
      <nav class="parts" aria-label="On this page"><a href="#devices">Devices</a><a href="#interfaces">Interfaces</a><a href="#traps">Traps</a></nav></div>
    <${TroubleNote} trouble=${trouble} />
    ${answer.all.length === 0 ? html`<${Teach} />` : html`<${Devices} devices=${answer.all} /><${Interfaces} all=${answer.ports} total=${answer.total} />`}
    <${Traps} traps=${answer.traps} listen=${answer.listen} />`;
}

/** @param {Awaited<ReturnType<typeof askNetwork>> & {id: string, trouble: unknown}} props */
function OneDevice({ id, all, ports, traps, listen, trouble }) {
  const busiest = pick(ports, "used", "");
  const names = busiest.slice(0, 8).map((p) => p.name).sort().join("\n"); // charts begin anew only when others are the busiest
  const panels = useMemo(() => devicePanels(id, busiest), [id, names]);
  const device = all.find((d) => d.instance === id);
  return html`<p class="back"><a href="/network">← all devices</a></p>
    <div class="head"><h1>${id}</h1>${device ? html`<${PollSign} device=${device} />` : html`<span class="muted">is not polled now; what is known of it is shown</span>`}</div>
    <${TroubleNote} trouble=${trouble} />
    <div class="head sticky"><${RangePicker} /></div>
    <h2 class="hidden">Charts</h2><div class="panels">${panels.map((p) => html`<${Chart} key=${p.title} panel=${p} />`)}</div>
    <${Interfaces} all=${ports} total=${ports.length} />
    <${Traps} traps=${traps} listen=${listen} />`;
}

function Teach() {
  return html`<section class="teach" id="devices">
    <h2>No device is polled yet</h2>
    <p>Let plimsoll look for what answers to SNMP in a network; it prints what to put into the configuration:</p>
    <${Command} text="plimsoll snmp discover 10.0.0.0/24" />
    <p>Or name a device below <code>snmp.devices</code>: <code>{address: 10.0.0.1, name: core1, modules: [if_mib]}</code></p>
  </section>`;
}
