// Interfaces as a list: how far each is used, as a bar, and its errors.
import { exact, format } from "../../lib/format.js";
import { html, useState } from "../../lib/preact.js";
import { pick } from "../../lib/network/interfaces.js";
import { devicePath, search, setSearch } from "../../lib/route.js";
import { useStore } from "../../lib/store.js";
import { Sign } from "../bits.js";
import { More, useMore } from "../more.js";
import { Sheet } from "../sheet.js";

/** @type {[import("../../lib/network/interfaces.js").Order, string][]} */
const orders = [["used", "by use"], ["errors", "by errors"], ["name", "by name"]];

/** @type {[string, boolean?][]} */
const head = [["device"], ["interface"], ["state"], ["used"], ["in", true], ["out", true], ["speed", true], ["errors", true], ["discards", true]];

/** @param {{all: import("../../lib/network/interfaces.js").Interface[], total: number}} props */
export function Interfaces({ all, total }) {
  const text = useStore(search);
  const [order, setOrder] = useState(orders[0][0]);
  const [limit, more] = useMore();
  const found = pick(all, order, text);
  return html`<section id="interfaces"><div class="head"><h2>Interfaces <span class="muted" role="status">${text ? `${found.length} of ${all.length}` : all.length}</span></h2>
      <input id="search" type="search" placeholder="Device, name, alias  ( / )" aria-label="Search interfaces" value=${text}
        onInput=${(/** @type {InputEvent} */ e) => setSearch(/** @type {HTMLInputElement} */ (e.target).value)} />
      <span class="ranges" role="group" aria-label="Order">${orders.map(([key, name]) => html`<button key=${key} type="button" aria-pressed=${order === key} onClick=${() => setOrder(key)}>${name}</button>`)}</span></div>
    ${total > all.length && html`<p class="muted">The busiest of ${total} interfaces, and those with errors. The page of a device has all of its.</p>`}
    ${found.length === 0 ? html`<p class="blank">${all.length === 0 ? "No interface is told of yet: they come with the second poll, if the devices have the module if_mib." : `No interface matches “${text}”.`}</p>`
      : html`<${Sheet} label="Interfaces" head=${head} rows=${found.slice(0, limit).map(row)} />`}
    <${More} all=${found.length} limit=${limit} more=${more} />
    <p class="muted">Rates are means of the last 5 minutes; what is used is the busier direction against <code>ifHighSpeed</code>.</p>
  </section>`;
}

/** @param {import("../../lib/network/interfaces.js").Interface} i */
function row(i) {
  const bits = (/** @type {number | null} */ v) => html`<span title=${exact(v, "b/s")}>${format(v, "b/s")}</span>`;
  return {
    key: `${i.instance}\n${i.name}`, mark: `${i.instance} ${i.name}`,
    cells: [
      html`<a href=${devicePath(i.instance)}>${i.instance}</a>`, html`<span title=${i.descr}>${i.name}</span> <span class="label">${i.alias}</span>`,
      i.off ? html`<span class="muted">off</span>` : i.down ? html`<${Sign} state="warning" word="down" />` : html`<${Sign} state="ok" word="up" />`,
      html`<${Used} share=${i.used} />`, bits(i.into), bits(i.out), i.speed === null ? html`<span class="muted" title="The device does not tell">–</span>` : bits(i.speed),
      rate(i.errors), rate(i.discards),
    ],
  };
}

/** @param {number} v */
function rate(v) {
  return v > 0 ? html`<b>${format(v, "/s")}</b>` : html`<span class="muted">0/s</span>`;
}

/** @param {{share: number | null}} props */
function Used({ share }) {
  if (share === null) return html`<span class="muted">not known</span>`;
  const percent = 100 * share;
  const over = share >= 0.9;
  return html`<span class="usedcell"><span class=${over ? "gauge over" : "gauge"} aria-hidden="true"><i style=${{ width: `${Math.min(100, percent)}%` }}></i></span> ${over ? "▲ " : ""}${format(percent, "%")}</span>`;
}
