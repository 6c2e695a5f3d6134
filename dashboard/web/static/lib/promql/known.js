// What the server knows of names: metrics with their help, labels and values.
// Answers are kept for a minute, since each key typed would ask again.
import { getJSON } from "../api.js";
import { best, nameOffers, typedValue } from "./suggest.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("./suggest.js").Offer} Offer */
/** @typedef {(path: string, signal: AbortSignal, form?: URLSearchParams) => Promise<any>} Ask */

const keepMs = 60_000;
const mostKept = 100; // answers
const mostNames = 20_000;
const mostValues = 2000;

export class Known {
  /** @param {Ask} [ask] */
  constructor(ask = getJSON) {
    this.ask = ask;
    /** Answers and when they came, by question. @type {Map<string, {at: number, answer: Promise<any>}>} */
    this.kept = new Map();
    /** @type {import("./suggest.js").Metadata} */
    this.metadata = new Map();
  }

  /**
   * What fits what is typed, best first.
   * @param {Context} context
   * @param {{from: number, to: number}} span of the page, so that what has long been gone is not offered
   * @returns {Promise<Offer[]>}
   */
  async offers(context, span) {
    if (context.kind === "none") return [];
    if (context.kind === "name") {
      const [metrics] = await Promise.all([this.values("__name__", [], span, mostNames), this.learnMetadata()]);
      return best(nameOffers(metrics, this.metadata), context.typed);
    }
    if (context.kind === "label") {
      const names = await this.names(context.selectors, span);
      return best(names.filter((n) => n !== "__name__").map((text) => ({ text, kind: "label", detail: "", help: "" })), context.typed);
    }
    const values = await this.values(context.label, context.selectors, span, mostValues);
    return best(values.map((text) => ({ text, kind: "value", detail: "", help: "" })), typedValue(context));
  }

  /** Help is told where it is known; without it names are offered all the same. */
  async learnMetadata() {
    try {
      const data = await this.get("/api/v1/metadata");
      if (this.metadata.size === 0 || Object.keys(data).length !== this.metadata.size) this.metadata = new Map(Object.entries(data));
    } catch {
      // the names come without their help
    }
    return this.metadata;
  }

  /**
   * @param {string[]} selectors
   * @param {{from: number, to: number}} span
   * @returns {Promise<string[]>}
   */
  names(selectors, span) {
    return this.get(`/api/v1/labels?${this.params(selectors, span, mostValues)}`);
  }

  /**
   * @param {string} label
   * @param {string[]} selectors
   * @param {{from: number, to: number}} span
   * @param {number} limit
   * @returns {Promise<string[]>}
   */
  values(label, selectors, span, limit) {
    return this.get(`/api/v1/label/${encodeURIComponent(label)}/values?${this.params(selectors, span, limit)}`);
  }

  /**
   * @param {string[]} selectors
   * @param {{from: number, to: number}} span
   * @param {number} limit
   */
  params(selectors, span, limit) {
    const hour = 3600; // whole hours, so that an answer serves for the next key too
    const params = new URLSearchParams({ start: String(Math.floor(span.from / hour) * hour), end: String(Math.ceil(span.to / hour) * hour), limit: String(limit) });
    for (const s of selectors) params.append("match[]", s);
    return params;
  }

  /** @param {string} path @returns {Promise<any>} */
  get(path) {
    const known = this.kept.get(path);
    if (known && Date.now() - known.at < keepMs) return known.answer;
    const answer = this.ask(path, new AbortController().signal).then((body) => body.data ?? []);
    answer.catch(() => this.kept.delete(path)); // the next key asks again
    this.kept.delete(path);
    this.kept.set(path, { at: Date.now(), answer });
    if (this.kept.size > mostKept) this.kept.delete(this.kept.keys().next().value ?? "");
    return answer;
  }
}

/** What all fields of the page know. */
export const known = new Known();
