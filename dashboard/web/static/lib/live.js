// The one websocket of the page. Charts ask for expressions; each distinct one
// is subscribed once and answered once a second.
//
//   connecting ──► open ──► down ──(backoff 0.5 s … 8 s)──► connecting
//
// A new subscription is first answered with the last minutes, which whoever
// watches may want: its expression gets a new id then.
//
// After a break `opened` counts up: whoever draws asks history again, and with
// the last minutes, which come by themselves, no gap stays.
import { Store } from "./store.js";

/** @typedef {{state: "connecting" | "open" | "down", since: number, retryAt: number}} Connection */
/** @typedef {(t: number, answers: (Row[] | undefined)[]) => void} FrameFn */
/** @typedef {(expr: string, series: PastSeries[]) => void} PastFn */
/** @typedef {{exprs: string[], fn: FrameFn, past?: PastFn}} Watcher */

const silenceMs = 10_000; // a subscribed socket that says nothing this long is dead
const maxExprs = 200; // what the server accepts of one client

export class Live {
  /** @param {string} url */
  constructor(url) {
    this.url = url;
    this.connection = new Store(/** @type {Connection} */ ({ state: "connecting", since: 0, retryAt: 0 }));
    this.opened = new Store(0);
    this.alerts = new Store(/** @type {Alert[] | null} */ (null));
    this.hosts = new Store(/** @type {Host[] | null} */ (null));
    /** The newest events that others told of, as they come. */
    this.told = new Store(/** @type {ToldEvent[]} */ ([]));
    /** @type {Set<Watcher>} */
    this.watchers = new Set();
    /** @type {Map<string, string>} */
    this.ids = new Map();
    /** Those of the subscription before, which answers until the present one does. */
    this.formerIds = this.ids;
    this.lastId = 0;
    /** What gets a new id, for its past to come. @type {Set<string>} */
    this.renewed = new Set();
    /** @type {WebSocket | null} */
    this.socket = null;
    this.failures = 0;
    this.sendTimer = 0;
    this.retryTimer = 0;
    this.silenceTimer = 0;
  }

  connect() {
    clearTimeout(this.retryTimer);
    if (this.socket) return;
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.onopen = () => this.onOpen();
    socket.onmessage = (event) => this.onMessage(String(event.data));
    socket.onclose = () => this.onClose(socket);
  }

  /**
   * Calls fn with the answers to exprs, once a second, until the returned
   * function is called; before that past, if given, with the last minutes of each.
   * @param {string[]} exprs
   * @param {FrameFn} fn
   * @param {PastFn} [past]
   */
  watch(exprs, fn, past) {
    const watcher = { exprs, fn, past };
    this.watchers.add(watcher);
    if (past) for (const expr of exprs) this.renewed.add(expr);
    this.subscribeSoon();
    return () => {
      this.watchers.delete(watcher);
      this.subscribeSoon();
    };
  }

  subscribeSoon() {
    clearTimeout(this.sendTimer);
    this.sendTimer = setTimeout(() => this.subscribe(), 30);
  }

  subscribe() {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    const exprs = [...new Set([...this.watchers].flatMap((w) => w.exprs))].slice(0, maxExprs);
    const known = (/** @type {string} */ expr) => (this.renewed.has(expr) ? undefined : this.ids.get(expr));
    this.formerIds = this.ids;
    this.ids = new Map(exprs.map((expr) => [expr, known(expr) ?? `q${++this.lastId}`]));
    this.renewed.clear();
    const subscribe = [...this.ids].map(([expr, id]) => ({ id, expr }));
    this.socket.send(JSON.stringify({ subscribe }));
    this.listenForSilence();
  }

  onOpen() {
    this.failures = 0;
    this.connection.set({ state: "open", since: Date.now() / 1000, retryAt: 0 });
    this.opened.set(this.opened.value + 1);
    this.subscribe();
  }

  /** @param {string} text */
  onMessage(text) {
    this.listenForSilence();
    const frame = JSON.parse(text);
    if (frame.type === "alerts") this.alerts.set(frame.alerts ?? []);
    if (frame.type === "hosts") this.hosts.set(frame.hosts ?? []);
    if (frame.type === "events") this.told.set(frame.events ?? []);
    if (frame.type === "past") this.remember(frame.id, frame.series ?? []);
    if (frame.type === "data") this.deliver(frame.t, frame.data ?? {});
  }

  /**
   * @param {number} t
   * @param {Record<string, Row[]>} data
   */
  deliver(t, data) {
    for (const { exprs, fn } of [...this.watchers]) {
      const answers = exprs.map((expr) => data[this.ids.get(expr) ?? ""] ?? data[this.formerIds.get(expr) ?? ""]);
      if (answers.some((a) => a !== undefined)) fn(t, answers);
    }
  }

  /**
   * @param {string} id
   * @param {PastSeries[]} series
   */
  remember(id, series) {
    const expr = [...this.ids].find(([, known]) => known === id)?.[0];
    if (expr === undefined) return; // nobody wants it any more
    for (const { exprs, past } of [...this.watchers]) {
      if (exprs.includes(expr)) past?.(expr, series);
    }
  }

  /** @param {WebSocket} socket */
  onClose(socket) {
    if (this.socket !== socket) return;
    this.socket = null;
    clearTimeout(this.silenceTimer);
    const now = Date.now();
    const delay = Math.min(8000, 500 * 2 ** this.failures) * (0.75 + Math.random() / 2);
    this.failures = Math.min(this.failures + 1, 10);
    const was = this.connection.value;
    const since = was.state === "down" ? was.since : now / 1000;
    this.connection.set({ state: "down", since, retryAt: (now + delay) / 1000 });
    this.retryTimer = setTimeout(() => this.connect(), delay);
  }

  listenForSilence() {
    clearTimeout(this.silenceTimer);
    if (this.ids.size > 0) this.silenceTimer = setTimeout(() => this.hangUp(), silenceMs);
  }

  hangUp() {
    const socket = this.socket;
    socket?.close();
    if (socket) this.onClose(socket); // the far end may never answer the close
  }
}

const scheme = globalThis.location?.protocol === "https:" ? "wss" : "ws";

/** The connection that all pages share. */
export const live = new Live(`${scheme}://${globalThis.location?.host}/live`);
