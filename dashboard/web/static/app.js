// Starts the pages: reads the address, connects, draws, listens to the keyboard.
//
// For tests, body[data-ready] names the page once it is drawn and the first
// questions of the page are answered.
import { startClock } from "./lib/clock.js";
import { pending } from "./lib/api.js";
import { followEvents } from "./lib/events.js";
import { listen } from "./lib/keys.js";
import { live } from "./lib/live.js";
import { html, render, useEffect, useState } from "./lib/preact.js";
import { followLinks, go, range, readAddress, route, setRange, usual } from "./lib/route.js";
import { loadStates, open, pollWithoutLive } from "./lib/states.js";
import { useStore } from "./lib/store.js";
import { switchTheme } from "./lib/theme.js";
import { AdminPage } from "./pages/admin.js";
import { AlertsPage } from "./pages/alerts.js";
import { CountersPage } from "./pages/counters.js";
import { EmbedPage } from "./pages/embed.js";
import { ExplorePage } from "./pages/explore.js";
import { HostPage } from "./pages/host.js";
import { LogsPage } from "./pages/logs.js";
import { NetworkPage } from "./pages/network.js";
import { Overview } from "./pages/overview.js";
import { RolePage } from "./pages/role.js";
import { Header, someHost } from "./parts/header.js";
import { Help } from "./parts/help.js";

function App() {
  const here = useStore(route);
  const [help, setHelp] = useState(false);
  useEffect(() => listen(actions(() => setHelp(true))), []);
  useTitle();
  if (here.page === "embed") return html`<main id="content" data-page="embed"><${EmbedPage} /></main>`;
  return html`<${Header} onHelp=${() => setHelp(true)} />
    <main id="content" tabindex="-1" data-page=${here.page}>${page(here)}</main>
    <${Help} shown=${help} onClose=${() => setHelp(false)} />`;
}

/** @param {import("./lib/route.js").Route} here */
function page(here) {
  switch (here.page) {
    case "overview": return html`<${Overview} />`;
    case "host": return html`<${HostPage} instance=${here.instance} />`;
    case "roles": return html`<${RolePage} name=${here.role ?? ""} />`;
    case "counters": return html`<${CountersPage} />`;
    case "explore": return html`<${ExplorePage} />`;
    case "alerts": return html`<${AlertsPage} id=${here.id} />`;
    case "logs": return html`<${LogsPage} />`;
    case "network": return html`<${NetworkPage} id=${here.id} />`;
    case "admin": return html`<${AdminPage} />`;
  }
  return html`<h1>No such page</h1><p>Nothing lives at this address. <a href="/">Go to the overview.</a></p>`;
}

/** @param {() => void} help */
function actions(help) {
  return {
    "g o": () => go("/"),
    "g h": () => go(someHost()),
    "g r": () => go("/roles"),
    "g c": () => go("/counters"),
    "g x": () => go("/explore"),
    "g a": () => go("/alerts"),
    "g l": () => go("/logs"),
    "g n": () => go("/network"),
    "g d": () => go("/admin"),
    "/": focusSearch,
    t: switchTheme,
    "?": help,
    Escape: () => range.value.live || setRange(usual()),
  };
}

function focusSearch() {
  if (!document.getElementById("search")) go("/counters");
  requestAnimationFrame(() => requestAnimationFrame(() => document.getElementById("search")?.focus()));
}

/** The title says what is open, so that a tab in the background does. */
function useTitle() {
  const here = useStore(route);
  const alerts = useStore(live.alerts);
  useEffect(() => {
    const n = open(alerts ?? []).length;
    const name = here.instance || here.role || (here.id && (alerts?.find((a) => a.id === here.id)?.name ?? (here.page === "network" && here.id))) || { overview: "Overview", host: "Hosts", roles: "Roles & services", counters: "Counters & timings", explore: "Explore", alerts: "Alerts", logs: "Logs", network: "Network", admin: "Admin", embed: "Chart", missing: "No such page" }[here.page];
    document.title = `${n > 0 ? `(${n}) ` : ""}${name} · Plimsoll`;
  }, [here, alerts]);
}

/** Marks the body once nothing is on its way any more. */
function watchReady() {
  const check = () => {
    if (pending.count > 0 || live.alerts.value === null) return;
    document.body.dataset.ready = route.value.page;
  };
  const soon = () => requestAnimationFrame(() => setTimeout(check, 0));
  route.watch(() => (delete document.body.dataset.ready, setTimeout(soon, 50)));
  pending.watchers.add(soon);
  live.alerts.watch(soon);
}

readAddress();
startClock();
followLinks();
followEvents();
watchReady();
live.connect();
loadStates();
pollWithoutLive();
addEventListener("online", () => live.connect());
document.addEventListener("visibilitychange", () => document.hidden || live.connect());
render(html`<${App} />`, document.getElementById("app") ?? document.body);
