// Who measures and sends: the hosts that report, what their agents tell of
// themselves, and what their samples met with.

/** @typedef {{instance: string, source: string, jobs: string[], version: string, role: string, lastSeen: string, age: number,
 *   rate: number, waiting: number | null, lag: number | null, error: string, alive: boolean, retired: boolean}} AgentRow */

/** Devices are asked, and have a page of their own. @param {{source?: string}} age */
const isAsked = (age) => (age.source ?? "").startsWith("snmp ");

/** What agents tell of themselves, in one question. */
export const agentFacts = '{__name__=~"plimsoll_agent_(info|spool_samples|spool_lag_seconds|remote_failing|config_refused)"}';

/**
 * A row for each host and who sends its data; those with trouble first, then the
 * ones that are silent for longest.
 * @param {SourcesAnswer} sources
 * @param {Row[]} facts answers to agentFacts
 * @param {string} version of the service, which measures its own host
 * @returns {AgentRow[]}
 */
export function agentRows(sources, facts, version) {
  /** @type {Map<string, HostAge[]>} */
  const hosts = new Map();
  for (const age of sources.hosts ?? []) {
    if (isAsked(age)) continue;
    const key = `${age.instance}\n${age.source ?? ""}`;
    hosts.set(key, [...(hosts.get(key) ?? []), age]);
  }
  return [...hosts.values()].map((ages) => agentRow(ages, sources, facts, version))
    .sort((a, b) => Number(a.error === "") - Number(b.error === "") || b.age - a.age || a.instance.localeCompare(b.instance));
}

/**
 * @param {HostAge[]} ages of one host from one sender, by job
 * @param {SourcesAnswer} sources
 * @param {Row[]} facts
 * @param {string} version
 * @returns {AgentRow}
 */
function agentRow(ages, sources, facts, version) {
  const newest = ages.reduce((a, b) => (b.age_seconds < a.age_seconds ? b : a));
  const { instance } = newest;
  const own = facts.filter((f) => f.labels.instance === instance);
  const fact = (/** @type {string} */ name) => own.find((f) => f.labels.__name__ === `plimsoll_agent_${name}`);
  const local = newest.source === "local agent";
  const given = sources.agent_configs?.find((c) => c.instance === instance);
  const sender = sources.sources?.find((s) => s.source === newest.source);
  return {
    instance, source: newest.source ?? "", jobs: ages.map((a) => a.job ?? "").sort(),
    version: local ? version : fact("info")?.labels.version ?? "", role: fact("info")?.labels.role || given?.role || "",
    lastSeen: newest.last_seen, age: newest.age_seconds, rate: ages.reduce((n, a) => n + a.samples_per_second, 0),
    waiting: local ? 0 : fact("spool_samples")?.value ?? null, lag: fact("spool_lag_seconds")?.value ?? null,
    error: given?.error || sender?.last_error || refusedWords(sender) || (fact("config_refused")?.value ? "it refuses its configuration" : "")
      || (fact("remote_failing")?.value ? "its last request failed" : ""),
    alive: ages.some((a) => a.alive), retired: ages.every((a) => a.retired),
  };
}

/** "12 refused: rate limit". @param {SampleSource | undefined} sender */
function refusedWords(sender) {
  return Object.entries(sender?.refused ?? {}).map(([why, n]) => `${n} refused: ${why}`).join(", ");
}
