// What the service counts of what it takes in, read from its own metrics.

/** @typedef {{name: string, labels: Labels, value: number}} Sample */
/** @typedef {[string, number]} Reason why, and how many */
/** @typedef {{name: string, what: string, received: number | null, taken: number | null, bad: Reason[], dropped: Reason[]}} Intake */

/**
 * Prometheus' text format, without histograms' buckets.
 * @param {string} text
 * @returns {Sample[]}
 */
export function parseMetrics(text) {
  const samples = [];
  for (const line of text.split("\n")) {
    const [, name, inner = "", value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line) ?? [];
    if (!name || name.endsWith("_bucket")) continue;
    /** @type {Labels} */
    const labels = {};
    for (const [, label, quoted] of inner.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) labels[label] = quoted.replace(/\\(.)/g, (_, c) => (c === "n" ? "\n" : c));
    samples.push({ name, labels, value: Number(value) });
  }
  return samples;
}

/** Each way in: its prefix, what is received and what is taken of that, in what.
 * @type {[string, string, string, string, string][]} */
const ways = [
  ["Counter lines", "counterd", "datagrams_total", "parsed_lines_total", "datagrams, lines"],
  ["Agents, scrapes, all that is sent", "collector", "", "samples_total", "samples"],
  ["OTLP", "otlp", "requests_total", "points_total", "requests, points"],
  ["Pushed groups", "push", "requests_total", "", "pushes"],
  ["Graphite", "graphite", "lines_total", "samples_total", "lines, samples"],
  ["Ganglia", "ganglia", "packets_total", "samples_total", "packets, samples"],
  ["SNMP polls", "snmp", "polls_total", "", "polls"],
  ["SNMP traps", "traps", "", "received_total", "traps"],
  ["Access logs", "weblog", "lines_total", "requests_total", "lines, requests"],
  ["Store", "rrdstore", "", "samples_total", "samples"],
];

const bads = /(^|_)(bad|broken|refused|errors|failed|unknown|truncated)_/;
const drops = /(^|_)(drops|dropped|lost|skipped|late|ahead)_/;
const fine = new Set(["read", "accepted", "complete", "ok"]); // results that are none of a failure

/**
 * What came in since the start, by way, with why not all of it was taken.
 * @param {Sample[]} samples
 * @returns {Intake[]} without ways that the service does not have
 */
export function intake(samples) {
  return ways.flatMap(([name, part, received, taken, what]) => {
    const prefix = `plimsoll_${part}_`;
    const own = samples.filter((s) => s.name.startsWith(prefix) && s.name.endsWith("_total") && !("source" in s.labels))
      .map((s) => ({ ...s, name: s.name.slice(prefix.length) }));
    if (own.length === 0) return [];
    const failed = own.filter((s) => s.labels.result && !fine.has(s.labels.result) && s.name === received);
    return [{
      name, what, received: sum(own, received), taken: sum(own, taken),
      bad: reasons([...own.filter((s) => bads.test(s.name)), ...failed]), dropped: reasons(own.filter((s) => drops.test(s.name) && !bads.test(s.name))),
    }];
  });
}

/**
 * @param {Sample[]} own
 * @param {string} name
 */
function sum(own, name) {
  return name === "" ? null : own.filter((s) => s.name === name).reduce((n, s) => n + s.value, 0);
}

/** By reason, the most first; without what never happened.
 * @param {Sample[]} samples
 * @returns {Reason[]}
 */
function reasons(samples) {
  /** @type {Map<string, number>} */
  const by = new Map();
  for (const { name, labels, value } of samples) {
    const words = name.replace(/_total$/, "").replaceAll("_", " ");
    const why = labels.reason ?? labels.result ?? (labels.queue ? `${words}: ${labels.queue}` : words);
    if (value > 0) by.set(why, (by.get(why) ?? 0) + value);
  }
  return [...by].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
}
