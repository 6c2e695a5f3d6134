// Hooks: the roles that there are, and what members of one can be compared by.
import { queryInstant } from "../../lib/api.js";
import { candidates, chooseMetrics } from "../../lib/keymetrics.js";
import { live } from "../../lib/live.js";
import { literal } from "../../lib/loss.js";
import { useEffect, useMemo, useState } from "../../lib/preact.js";
import { followRoles, roleLabels } from "../../lib/rolelabels.js";
import { rolesOf } from "../../lib/roles.js";
import { useStore } from "../../lib/store.js";

const refreshMs = 60_000;

/** All roles; null while they are not known. */
export function useRoles() {
  const hosts = useStore(live.hosts);
  const labelled = useStore(roleLabels);
  useEffect(followRoles, []);
  return useMemo(() => (hosts === null || labelled === null ? null : rolesOf(hosts, labelled)), [hosts, labelled]);
}

/**
 * Asks again each minute, as others series may come.
 * @template T
 * @param {() => Promise<T>} ask
 * @param {string} key what the answer depends on
 * @returns {{found: T | null, trouble: unknown}}
 */
export function useNowAndThen(ask, key) {
  const [answer, set] = useState(/** @type {{found: T | null, trouble: unknown}} */ ({ found: null, trouble: null }));
  useEffect(() => {
    let ended = false;
    const again = () => ask().then(
      (found) => !ended && set({ found, trouble: null }),
      (trouble) => !ended && set((old) => ({ ...old, trouble })),
    );
    again();
    const timer = setInterval(again, refreshMs);
    return () => {
      ended = true;
      clearInterval(timer);
    };
  }, [key]);
  return answer;
}

/**
 * The timings of the hosts, and what the farm has of them.
 * @typedef {{name: string, job: string, hosts: number, of: number, series: Labels[]}} FarmTiming
 */

/** @param {string[]} instances */
export function useMetrics(instances) {
  const key = instances.join("\n");
  const of = `instance=~${JSON.stringify(instances.map(literal).join("|"))}`;
  const ask = async () => {
    if (instances.length === 0) return { metrics: [], farm: [] };
    const [names, timings] = await Promise.all([
      queryInstant(`group by (__name__) ({__name__=~${JSON.stringify(candidates.join("|"))},${of}})`),
      queryInstant(`group by (__name__) ({quantile="0.95",${of}})`),
    ]);
    const timed = timings.map((r) => r.labels.__name__).sort();
    return { metrics: chooseMetrics(new Set(names.map((r) => r.labels.__name__)), timed), farm: await farmTimings(timed, of) };
  };
  return useNowAndThen(ask, key);
}

/**
 * @param {string[]} names
 * @param {string} of matches the members
 * @returns {Promise<FarmTiming[]>}
 */
async function farmTimings(names, of) {
  if (names.length === 0) return [];
  const which = `__name__=~${JSON.stringify(names.join("|"))},quantile="0.95"`;
  const count = (/** @type {string} */ m) => queryInstant(`count by (__name__, job) (group by (__name__, job, instance) ({${which},${m}}))`);
  const [merged, all, own] = await Promise.all([queryInstant(`{${which},instance="",job!=""}`), count('instance!=""'), count(of)]);
  const number = (/** @type {Row[]} */ rows, /** @type {Labels} */ l) => rows.find((r) => r.labels.__name__ === l.__name__ && r.labels.job === l.job)?.value ?? 0;
  /** @type {Map<string, FarmTiming>} */
  const found = new Map();
  for (const { labels } of merged) {
    const id = `${labels.__name__} ${labels.job}`;
    const timing = found.get(id) ?? { name: labels.__name__, job: labels.job, hosts: number(all, labels), of: number(own, labels), series: [] };
    timing.series.push(labels);
    found.set(id, timing);
  }
  return [...found.values()].filter((t) => t.of > 0);
}
