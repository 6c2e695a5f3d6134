// Services with their state and their quorum in words.
import { html } from "../lib/preact.js";
import { alertPath, rolePath } from "../lib/route.js";
import { servicesOf } from "../lib/roles.js";
import { Sign, Since } from "./bits.js";
import { Chips } from "./alerts/chips.js";

/** @param {{alerts: Alert[]}} props */
export function Services({ alerts }) {
  const services = servicesOf(alerts);
  if (services.length === 0) return null;
  return html`<section aria-label="Services" data-services=${services.length}>
    <h2>Services <span class="muted">${services.length}</span></h2>
    <ul class="services">${services.map((a) => html`<${ServiceRow} key=${a.id} service=${a} />`)}</ul>
  </section>`;
}

/** @param {{service: Alert}} props */
function ServiceRow({ service: a }) {
  return html`<li data-service=${a.name} data-state=${a.state}>
    <${Sign} state=${a.state} /> <a class="name" href=${rolePath(a.name)}>${a.name}</a>
    <span class="words">${a.summary}</span>
    <span class="since">${a.state !== "ok" && html`<a href=${alertPath(a.id)}>since</a> `}${a.state !== "ok" && html`<${Since} at=${a.since} />`}</span>
  </li>`;
}

/** The service of a role's page, with what it is made of. @param {{service: Alert}} props */
export function ServiceState({ service: a }) {
  return html`<div class="said" data-service=${a.name} data-state=${a.state}>
    <${Sign} state=${a.state} /> <a href=${alertPath(a.id)}>service</a> ${a.summary}
    <span class="muted"> since </span><${Since} at=${a.since} /> ${a.state !== "ok" && html`<${Chips} alert=${a} />`}
  </div>`;
}
