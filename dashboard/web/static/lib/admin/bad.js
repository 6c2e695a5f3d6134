// The last inputs that could not be taken, quoted, of all ways in.

/** @typedef {{at: string, way: string, source: string, reason: string, text: string}} BadInput */

/**
 * @param {CounterAccount} account
 * @param {SourcesAnswer} sources
 * @returns {BadInput[]} newest first
 */
export function badInputs(account, sources) {
  const { graphite, ganglia, traps } = sources;
  /** @type {BadInput[]} */
  const all = (account.bad_lines ?? []).map((l) => ({ at: l.at, way: "counters", source: l.source, reason: l.reason, text: l.line }));
  for (const [way, bad] of /** @type {[string, LastBad | undefined][]} */ ([["graphite", graphite?.last_bad], ["ganglia", ganglia?.last_bad]])) {
    if (bad?.at) all.push({ at: bad.at, way, source: bad.source, reason: bad.reason, text: bad.text ?? "" });
  }
  const trap = traps?.last_refused;
  if (trap) all.push({ at: trap.at, way: "traps", source: trap.source, reason: trap.reason, text: trap.begin });
  for (const [reason, bad] of Object.entries(sources.access_logs?.bad ?? {})) {
    all.push({ at: "", way: "access logs", source: bad.from, reason, text: bad.error });
  }
  for (const { source, example } of sources.sources ?? []) {
    if (example) all.push({ at: example.seen_at, way: "samples", source, reason: example.reason, text: example.series });
  }
  return all.sort((a, b) => b.at.localeCompare(a.at)).slice(0, 20);
}

/**
 * Who is over a limit, and of what.
 * @param {CounterAccount} account
 * @param {SourcesAnswer} sources
 * @param {StoreQuota[]} quotas
 * @returns {{who: string, of: string, series: number | null, most: number | null, refused: number}[]} the worst first
 */
export function offenders(account, sources, quotas) {
  const refusals = (/** @type {Record<string, number> | undefined} */ r) => Object.values(r ?? {}).reduce((a, b) => a + b, 0);
  const all = [
    ...(account.offenders ?? []).map((o) => ({ who: `${o.kind} ${o.name}`, of: "series of counters", series: o.series, most: null, refused: o.lines })),
    ...(sources.sources ?? []).filter((s) => s.refused).map((s) => ({ who: s.source, of: Object.keys(s.refused ?? {}).join(", "), series: s.series, most: null, refused: refusals(s.refused) })),
    ...(sources.graphite?.offenders ?? []).map((o) => ({ who: o.source, of: Object.keys(o.refused ?? {}).join(", "), series: null, most: null, refused: refusals(o.refused) })),
    ...quotas.map((q) => ({ who: q.value || "all", of: `quota ${q.quota}`, series: q.series, most: q.max, refused: q.refused })),
  ];
  return all.sort((a, b) => b.refused - a.refused || a.who.localeCompare(b.who));
}
