// One host: for each resource utilisation, then saturation, then errors, all on
// one time axis.
import { Chart } from "../charts/chart.js";
import { live } from "../lib/live.js";
import { hostPanels } from "../lib/panels.js";
import { html, useMemo } from "../lib/preact.js";
import { hostPath } from "../lib/route.js";
import { stateTrouble, wrong } from "../lib/states.js";
import { useStore } from "../lib/store.js";
import { AlertList } from "../parts/alertlist.js";
import { Sign, Since } from "../parts/bits.js";
import { FileSystems } from "../parts/filesystems.js";
import { RangePicker } from "../parts/header.js";

/** @param {{instance: string}} props */
export function HostPage({ instance }) {
  const hosts = useStore(live.hosts);
  if (!instance) return html`<${HostList} hosts=${hosts} />`;
  return html`<${OneHost} key=${instance} instance=${instance} hosts=${hosts} />`;
}

/** @param {{hosts: Host[] | null}} props */
function HostList({ hosts }) {
  return html`<h1>Hosts</h1>
    ${hosts?.length === 0 && html`<p class="blank">No host has reported yet. The server measures its own host by itself within 15 seconds.</p>`}
    <ul class="plain">${hosts?.map((h) => html`<li key=${h.instance + h.job}>
      <a href=${hostPath(h.instance)}>${h.instance}</a> <${UpSign} host=${h} />
    </li>`)}</ul>`;
}

/** @param {{host: Host}} props */
function UpSign({ host }) {
  return html`<${Sign} state=${host.up ? "ok" : "critical"} word=${host.up ? "up" : "DOWN"} /> <span class="muted">heard of <${Since} at=${host.last_seen} />, every ${host.interval_seconds} s</span>`;
}

/** @param {{instance: string, hosts: Host[] | null}} props */
function OneHost({ instance, hosts }) {
  const groups = useMemo(() => hostPanels(instance), [instance]);
  const alerts = useStore(live.alerts);
  const trouble = useStore(stateTrouble);
  const mine = wrong(alerts ?? []).filter((a) => a.labels?.instance === instance);
  const host = hosts?.find((h) => h.instance === instance);
  if (alerts === null && trouble === null) return html`<h1>${instance}</h1>`; // what comes first must not push the rest down
  return html`<div class="head"><h1>${instance}</h1>
      ${host ? html`<span><${UpSign} host=${host} /></span>` : hosts && html`<span class="muted">This host does not report now; what it reported before is shown.</span>`}
    </div>
    <div class="head sticky"><${RangePicker} /></div>
    ${mine.length > 0 && html`<section><h2>Now wrong here</h2><${AlertList} alerts=${mine} /></section>`}
    <div class="resources">${groups.map((g) => html`<section key=${g.title} class="resource">
      <h2>${g.title}</h2>
      <div class="panels">${g.panels.map((p) => html`<${Chart} key=${p.title} panel=${p} />`)}</div>
      ${g.title === "Disks" && html`<h3>File systems</h3><${FileSystems} instance=${instance} />`}
    </section>`)}</div>`;
}
