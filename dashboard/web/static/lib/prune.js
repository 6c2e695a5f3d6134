// What the rules were good for: numbers of their episodes, and what should be
// changed.
import { getResult } from "./api.js";
import { refusal } from "./act.js";

const days = 30;

/**
 * The numbers of the last 30 days, by rule.
 * @param {AbortSignal} [signal]
 * @returns {Promise<Map<string, RuleWindow>>}
 */
export async function askStats(signal) {
  return byRule(await getResult(`/api/plimsoll/v1/rules/stats?days=${days}`, { signal }));
}

/** @param {RuleStats[] | null} stats */
export function byRule(stats) {
  const known = new Map();
  for (const s of stats ?? []) if (s.windows[0]) known.set(s.rule, s.windows[0]);
  return known;
}

/**
 * @param {AbortSignal} [signal]
 * @returns {Promise<Suggestion[]>}
 */
export async function askSuggestions(signal) {
  return (await getResult("/api/plimsoll/v1/rules/suggestions", { signal })) ?? [];
}

/**
 * Says what became of a suggestion: it does not come again for a while.
 * @param {string} id
 * @param {"accepted" | "dismissed"} judgement
 * @param {string} by
 */
export function judge(id, judgement, by) {
  return getResult(`/api/plimsoll/v1/rules/suggestions?${new URLSearchParams({ id, judgement, by })}`, { method: "POST" }, refusal);
}

/** "40 %", and nothing of nothing. @param {number} share @param {number} of */
export function shareOf(share, of) {
  return of === 0 ? "–" : `${Math.round(100 * share)} %`;
}

/** What people call the kinds of suggestions. @type {Record<string, string>} */
export const kindWords = {
  retire: "tell nobody", for: "wait longer", hysteresis: "end later", threshold: "another level",
  group: "join with another", depend: "depends on another", schedule: "plan a downtime", stale: "remove or mend",
};
