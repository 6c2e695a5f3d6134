// Logs: the last lines of all access logs, merged in the order of time, as they
// come; and what is most frequent in them.
import { getJSON } from "../lib/api.js";
import { follow, push } from "../lib/logtail.js";
import { html, useEffect, useRef, useState } from "../lib/preact.js";
import { clock } from "../lib/time.js";
import { TroubleNote } from "../parts/trouble.js";

/** @typedef {import("../lib/logtail.js").LogLine} LogLine */
/** @typedef {import("../lib/logtail.js").LogFilter} LogFilter */

/** @type {LogFilter} */
const everything = { text: "", server: "", status: "", seconds: "" };

export function LogsPage() {
  const [filter, setFilter] = useState(everything);
  const [paused, setPaused] = useState(false);
  const { lines, trouble } = useTail(filter, paused);
  return html`<h1>Logs</h1>
    <${Picker} filter=${filter} onChange=${setFilter} paused=${paused} onPause=${() => setPaused(!paused)} />
    <${Tops} />
    <${TroubleNote} trouble=${trouble} />
    <${Lines} lines=${lines} />`;
}

/** The lines that come, shown a few times a second however many they are.
 * @param {LogFilter} filter
 * @param {boolean} paused
 */
function useTail(filter, paused) {
  const [lines, setLines] = useState(/** @type {LogLine[]} */ ([]));
  const [trouble, setTrouble] = useState(/** @type {unknown} */ (null));
  const waiting = useRef(/** @type {LogLine[]} */ ([]));
  const key = JSON.stringify(filter);
  useEffect(() => {
    setLines([]);
    waiting.current = [];
  }, [key]);
  useEffect(() => {
    if (paused) return undefined;
    const abort = new AbortController();
    follow(filter, abort.signal, (come) => {
      waiting.current = [...waiting.current, ...come].slice(-1000);
    }, setTrouble);
    const timer = setInterval(() => {
      const come = waiting.current;
      waiting.current = [];
      if (come.length > 0) setLines((shown) => push(shown, come));
    }, 250);
    return () => {
      abort.abort();
      clearInterval(timer);
    };
  }, [key, paused]);
  return { lines, trouble };
}

/** @param {{filter: LogFilter, onChange: (f: LogFilter) => void, paused: boolean, onPause: () => void}} props */
function Picker({ filter, onChange, paused, onPause }) {
  const [typed, setTyped] = useState(filter);
  useEffect(() => {
    const timer = setTimeout(() => onChange(typed), 400); // not at each key
    return () => clearTimeout(timer);
  }, [typed]);
  /** @param {keyof LogFilter} name @param {string} label @param {string} hint */
  const field = (name, label, hint) => html`<label>${label} <input type="search" placeholder=${hint} value=${typed[name]}
    onInput=${(/** @type {any} */ e) => setTyped({ ...typed, [name]: e.target.value })} /></label> `;
  return html`<form class="ranges logfilter" role="search" onSubmit=${(/** @type {Event} */ e) => e.preventDefault()}>
    ${field("text", "text", "part of a line")}
    ${field("server", "server", "web3")}
    ${field("status", "status", "404 or 5xx")}
    ${field("seconds", "at least seconds", "0.5")}
    <button type="button" aria-pressed=${paused} onClick=${onPause}>${paused ? "go on" : "pause"}</button>
  </form>`;
}

/** @param {{lines: LogLine[]}} props */
function Lines({ lines }) {
  if (lines.length === 0) {
    return html`<p class="blank">No line yet. Lines of access logs are shown here as they come, two seconds late so that those of many servers stand in order.
      Which logs are read stands under <code>access_logs</code> of the configuration, of the service and of each agent.</p>`;
  }
  return html`<div class="scroll"><table class="events logs" aria-label="Lines, the newest first">
    <thead><tr><th scope="col">when (UTC)</th><th scope="col">server</th><th scope="col">status</th><th scope="col" class="number">took</th><th scope="col">class</th><th scope="col">line</th></tr></thead>
    <tbody>${lines.map((l, i) => html`<${Line} key=${i} line=${l} />`)}</tbody>
  </table></div>`;
}

/** @param {{line: LogLine}} props */
function Line({ line: l }) {
  if (l.dropped) return html`<tr><td colspan="6" class="muted">${l.dropped} lines came faster than they could be shown</td></tr>`;
  const bad = (l.status ?? 0) >= 500;
  return html`<tr data-line=${l.text}>
    <td>${clock(Date.parse(l.at) / 1000)}</td>
    <td>${l.server}${l.vhost && html` <span class="muted">${l.vhost}</span>`}</td>
    <td>${bad ? html`<span class="sign critical"><i aria-hidden="true">▲</i> ${l.status}</span>` : l.status}</td>
    <td class="number">${l.seconds === undefined ? "–" : took(l.seconds)}</td>
    <td>${l.class}</td>
    <td class="text"><code>${l.text}</code></td>
  </tr>`;
}

/** @param {number} seconds */
function took(seconds) {
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(2)} s`;
}

/** @typedef {{total: number, items: {key: string, count: number, error: number}[]}} TopList */

const kinds = [["path", "Paths"], ["client", "Clients"], ["referer", "Referrers"], ["user_agent", "User agents"]];

/** What is most frequent, asked for while it is open. */
function Tops() {
  const [shown, setShown] = useState(false);
  return html`<details onToggle=${(/** @type {any} */ e) => setShown(e.target.open)}>
    <summary>Most frequent paths, clients, referrers and user agents</summary>
    ${shown && html`<${TopLists} />`}
  </details>`;
}

function TopLists() {
  const [lists, set] = useState(/** @type {Record<string, TopList>} */ ({}));
  const [trouble, setTrouble] = useState(/** @type {unknown} */ (null));
  useEffect(() => {
    const abort = new AbortController();
    const ask = () => getJSON("/api/plimsoll/v1/logs/top?n=10", abort.signal).then(
      (body) => {
        set(body.lists ?? {});
        setTrouble(null);
      },
      (err) => abort.signal.aborted || setTrouble(err),
    );
    ask();
    const timer = setInterval(ask, 5000);
    return () => {
      abort.abort();
      clearInterval(timer);
    };
  }, []);
  const some = kinds.filter(([kind]) => (lists[kind]?.items ?? []).length > 0);
  return html`<${TroubleNote} trouble=${trouble} />
    ${some.length === 0 && html`<p class="blank">Nothing was requested in the last minutes.</p>`}
    ${some.map(([kind, name]) => html`<section key=${kind}><h2>${name} <span class="muted">of the last minutes</span></h2><${Top} list=${lists[kind]} /></section>`)}`;
}

/** @param {{list: TopList}} props */
function Top({ list }) {
  return html`<div class="scroll"><table class="figures logs">
    <thead><tr><th scope="col" class="number">requests</th><th scope="col" class="number">share</th><th scope="col">what</th></tr></thead>
    <tbody>${list.items.map((i) => html`<tr key=${i.key}>
      <td class="number" title=${i.error > 0 ? `between ${i.count} and ${i.count + i.error}` : ""}>${i.count}${i.error > 0 ? "+" : ""}</td>
      <td class="number">${list.total > 0 ? `${(100 * i.count / list.total).toFixed(1)} %` : "–"}</td>
      <td class="text">${i.key || html`<span class="muted">none</span>`}</td>
    </tr>`)}</tbody>
  </table></div>`;
}
