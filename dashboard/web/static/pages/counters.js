// Counters and timings of the applications, as they come in.
import { BandChart } from "../charts/bandchart.js";
import { Chart } from "../charts/chart.js";
import { selector } from "../lib/bands.js";
import { getJSON } from "../lib/api.js";
import { lossQuery } from "../lib/loss.js";
import { group, matches, remembered, withRemembered } from "../lib/names.js";
import { html, useEffect, useMemo, useState } from "../lib/preact.js";
import { range, search, setSearch } from "../lib/route.js";
import { useStore } from "../lib/store.js";
import { bounds } from "../lib/time.js";
import { sendCommand } from "../lib/udp.js";
import { Accounting, BadLines, Collisions, Listeners, Offenders } from "../parts/accounting.js";
import { Command } from "../parts/bits.js";
import { RangePicker } from "../parts/header.js";
import { Total, useTotals } from "../parts/total.js";
import { TroubleNote } from "../parts/trouble.js";

const refreshMs = 3000;
const manyNames = 2000; // more of them are megabytes: they are asked each tenth time only
const firstShown = 20; // a page of charts: each timing subscribes three expressions

export function CountersPage() {
  const { account, trouble } = useAccount();
  const text = useStore(search);
  const [limit, setLimit] = useState(firstShown);
  const known = useRemembered();
  const all = useMemo(() => group(withRemembered(account?.names ?? [], known ?? [])), [JSON.stringify(account?.names), known]);
  const ready = account !== null && known !== null; // what comes first must not push the rest down
  const found = all.filter((f) => matches(f, text));
  const shown = ready ? found.slice(0, limit) : [];
  const totals = useTotals(shown.filter((f) => f.type === "counter").map((f) => f.name));
  return html`<div class="head"><h1>Counters & timings</h1>
      <input id="search" type="search" placeholder="Search names  ( / )" aria-label="Search names" value=${text}
        onInput=${(/** @type {InputEvent} */ e) => setSearch(/** @type {HTMLInputElement} */ (e.target).value)} />
      <span class="muted" role="status">${ready && `${found.length} of ${all.length}`}</span>
      <${RangePicker} />
    </div>
    <${TroubleNote} trouble=${trouble} />
    ${ready && all.length === 0 && html`<${Teach} address=${account.address} />`}
    ${ready && all.length > 0 && found.length === 0 && html`<p class="blank">No name matches “${text}”. Press Escape in the search field to see all.</p>`}
    <h2 class="hidden">Charts</h2>
    <div class="panels">${shown.map((f) => html`<${Family} key=${f.name} family=${f} total=${totals.get(f.name)} />`)}</div>
    ${found.length > limit && html`<p><button type="button" onClick=${() => setLimit(limit + firstShown)}>show ${Math.min(firstShown, found.length - limit)} more of ${found.length - limit}</button></p>`}
    ${ready && html`<${Accounting} account=${account} /><${Listeners} listeners=${account.listeners ?? []} />
      <${BadLines} lines=${account.bad_lines ?? []} address=${account.address} />
      <${Collisions} collisions=${account.collisions ?? []} /><${Offenders} offenders=${account.offenders ?? []} />`}`;
}

/** What the counter daemon says of itself, asked again every few seconds. */
function useAccount() {
  const [account, set] = useState(/** @type {CounterAccount | null} */ (null));
  const [trouble, setTrouble] = useState(/** @type {unknown} */ (null));
  useEffect(() => {
    const abort = new AbortController();
    let timer = 0;
    let asked = 0;
    /** @type {CounterName[] | null} */
    let names = null;
    const ask = async () => {
      try {
        const brief = asked++ % 10 > 0 && (names?.length ?? 0) > manyNames;
        const next = await getJSON(`/api/plimsoll/v1/counters${brief ? "?names=0" : ""}`, abort.signal);
        names = next.names ?? names;
        set({ ...next, names });
        setTrouble(null);
      } catch (err) {
        if (!abort.signal.aborted) setTrouble(err);
      }
      if (!abort.signal.aborted) timer = setTimeout(ask, refreshMs);
    };
    ask();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, []);
  return { account, trouble };
}

/**
 * The series of applications that the store has in the range of the page; null
 * until it has answered.
 * @returns {Labels[] | null}
 */
function useRemembered() {
  const shown = useStore(range);
  const [series, set] = useState(/** @type {Labels[] | null} */ (null));
  useEffect(() => {
    const abort = new AbortController();
    const { from, to } = bounds(shown, Date.now() / 1000);
    const form = new URLSearchParams({ start: String(from), end: String(to), limit: "2000" });
    for (const match of remembered) form.append("match[]", match);
    getJSON("/api/v1/series", abort.signal, form).then(
      (body) => set(body.data ?? []),
      () => abort.signal.aborted || set([]), // what the daemon knows is shown all the same
    );
    return () => abort.abort();
  }, [shown]);
  return series;
}

/** @param {{family: import("../lib/names.js").Family, total: number | undefined}} props */
function Family({ family, total }) {
  return family.type === "timing" ? html`<${Timing} family=${family} />` : html`<${Plain} family=${family} total=${total} />`;
}

/** A chart for each label set: percentiles of different series do not add up.
 * @param {{family: import("../lib/names.js").Family}} props
 */
function Timing({ family }) {
  return html`<article class="wide" data-timing=${family.name}>
    ${family.members.map((labels) => {
      const of = Object.keys(labels).sort().map((n) => `${n}=${labels[n]}`).join(" ");
      return html`<${BandChart} key=${of} name=${family.name} labels=${labels} listeners=${family.listeners} title=${of ? `${family.name} ${of}` : family.name} />`;
    })}
  </article>`;
}

/** Counters as rates, gauges and sets as they are.
 * @param {{family: import("../lib/names.js").Family, total: number | undefined}} props
 */
function Plain({ family, total }) {
  const { name, type } = family;
  const panel = useMemo(() => {
    const of = selector(name, {});
    const lost = lossQuery(family.listeners);
    /** @type {PanelSpec} */
    const spec = type === "counter"
      ? { title: name, unit: "/s", about: `${name} per second`, queries: [{ expr: (rate) => rate(of) }, lost] }
      : { title: name, unit: "", about: name, queries: [{ expr: () => of }, lost] };
    return spec;
  }, [name, type, family.listeners.join()]);
  return html`<article data-counter=${name} data-type=${type}>
    <${Chart} panel=${panel} />
    ${type === "counter" && html`<${Total} value=${total} />`}
  </article>`;
}

/** @param {{address: string}} props */
function Teach({ address }) {
  const send = (/** @type {string} */ line) => html`<${Command} text=${sendCommand(line, address, location.hostname)} />`;
  return html`<section class="teach">
    <h2>Nothing has been counted yet</h2>
    <p>A counter comes into being with the first line that names it. Send one and watch it appear here:</p>
    ${send("page_view")}
    <p>A timing in milliseconds, and the same as statsd clients send it:</p>
    ${send("db-query:250")}
    ${send("upload:320|ms")}
  </section>`;
}
