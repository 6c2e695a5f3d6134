// The top of every page: where one is, what time it is, whether something is
// wrong, whether the page is connected; and the time range.
import { now, useNow } from "../lib/clock.js";
import { live } from "../lib/live.js";
import { html } from "../lib/preact.js";
import { hostPath, range, route, setRange, usual } from "../lib/route.js";
import { open, severities, stateTrouble, wrong } from "../lib/states.js";
import { useStore } from "../lib/store.js";
import { switchTheme, theme } from "../lib/theme.js";
import { ago, clock, day, moment, presets } from "../lib/time.js";
import { Mark } from "./bits.js";
import { TroubleNote } from "./trouble.js";

/** @type {[string, string, string][]} page, path, name */
const places = [["overview", "/", "Overview"], ["roles", "/roles", "Roles"], ["host", "/host", "Host"], ["counters", "/counters", "Counters & timings"], ["explore", "/explore", "Explore"], ["alerts", "/alerts", "Alerts"], ["logs", "/logs", "Logs"], ["network", "/network", "Network"], ["admin", "/admin", "Admin"]];

/** @param {{onHelp: () => void}} props */
export function Header({ onHelp }) {
  const here = useStore(route).page;
  const tone = useStore(theme);
  return html`<header>
    <a class="skip" href="#content">Skip to content</a>
    <div class="bar">
      <a class="home" href="/"><${Mark} /> plimsoll</a>
      <nav aria-label="Pages">
        ${places.map(([page, path, name]) => html`<a key=${page} href=${path} aria-current=${here === page ? "page" : undefined}>${name}</a>`)}
      </nav>
      <${OpenCount} />
      <${Connection} />
      <${Clock} />
      <button type="button" class="quiet" title="Switch between light and dark (t)" onClick=${switchTheme}>${tone === "dark" ? "light" : "dark"}</button>
      <button type="button" class="quiet" title="Keys (?)" onClick=${onHelp}>?</button>
    </div>
  </header>
  <${Disconnected} />`;
}

function Clock() {
  const t = useNow();
  return html`<time class="clock" title=${day(t)}>${clock(t)} UTC</time>`;
}

function OpenCount() {
  const alerts = useStore(live.alerts);
  if (alerts === null) return html`<a class="opencount" href="/alerts">– open</a>`;
  const n = open(alerts).length;
  const soft = wrong(alerts).length - n;
  const worst = wrong(alerts)[0]?.state ?? "ok";
  return html`<a class=${`opencount sign ${worst}`} href="/alerts" data-open-count=${n}>
    <i aria-hidden="true">${severities[worst].glyph}</i> ${n} open${soft > 0 ? `, ${soft} soft` : ""}
  </a>`;
}

function Connection() {
  const { state } = useStore(live.connection);
  const word = { open: "live", connecting: "connecting", down: "disconnected" }[state];
  const glyph = { open: "◉", connecting: "○", down: "✕" }[state];
  return html`<span class=${`connection ${state}`} data-connection=${state}><i aria-hidden="true">${glyph}</i> ${word}</span>`;
}

/** The banner over a page that stands still. */
function Disconnected() {
  const c = useStore(live.connection);
  const t = useNow();
  const trouble = useStore(stateTrouble);
  if (c.state === "open" || c.since === 0) return html`<${TroubleNote} trouble=${trouble} />`;
  const wait = Math.max(0, Math.ceil(c.retryAt - t));
  return html`<p class="banner" role="alert">
    <b>Disconnected since ${moment(c.since, t)} UTC (${ago(t - c.since)}).</b>${" "}
    What you see stands still; what happens meanwhile is kept and will be filled in. Check that plimsoll runs.
    ${wait > 0 ? ` Next try in ${wait} s.` : " Trying now."}${" "}
    <button type="button" onClick=${() => live.connect()}>try now</button>
  </p>`;
}

/** Which time the charts show. */
export function RangePicker() {
  const shown = useStore(range);
  return html`<div class="ranges" role="group" aria-label="Time range">
    ${presets.map(([name, seconds]) => html`<button key=${name} type="button"
      aria-pressed=${shown.live && shown.seconds === seconds} onClick=${() => setRange({ live: true, seconds })}>${name}</button>`)}
    ${shown.live
      ? html`<span class="muted">to now, live. Drag over a chart to zoom.</span>`
      : html`<span data-range="fixed">${moment(shown.from, now.value)} – ${moment(shown.to, now.value)} UTC</span>
        <button type="button" onClick=${() => setRange(usual())}>back to live</button>`}
  </div>`;
}

/** The host that the key g h opens: the one looked at last, or the first. */
export function someHost() {
  const instance = route.value.instance || live.hosts.value?.[0]?.instance;
  return instance ? hostPath(instance) : "/host";
}
