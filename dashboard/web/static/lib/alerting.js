// The API by which people act on alerts.
import { act } from "./act.js";
import { getJSON } from "./api.js";

const base = "/api/plimsoll/v1/alerting/";

/**
 * @param {string} id
 * @param {AbortSignal} [signal]
 * @returns {Promise<AlertDetail>}
 */
export function askDetail(id, signal) {
  return getJSON(`${base}alert?id=${encodeURIComponent(id)}`, signal);
}

/**
 * @param {string} id
 * @param {{by: string, note: string, for: string, sticky: boolean}} said
 */
export function acknowledge(id, said) {
  return act("POST", "ack", { id, ...said });
}

/**
 * @param {string} id
 * @param {string} by
 */
export function takeBack(id, by) {
  return act("DELETE", `ack?${new URLSearchParams({ id, by })}`);
}

/** What a silence or downtime would pick now, and when it would hold.
 * @typedef {Pick<Hold, "alerts" | "windows">} Trial
 */

/**
 * @param {string} kind
 * @param {Record<string, unknown>} request
 * @param {AbortSignal} signal
 * @returns {Promise<Trial>}
 */
export async function tryHold(kind, request, signal) {
  return (await act("POST", `${kind}s`, { ...request, dry_run: true }, signal))[kind];
}

/**
 * @param {string} kind
 * @param {Record<string, unknown>} request
 */
export function putHold(kind, request) {
  return act("POST", `${kind}s`, request);
}

/**
 * @param {Hold} h
 * @param {string} by
 */
export function endHold(h, by) {
  return act("DELETE", `${h.kind}s?${new URLSearchParams({ id: String(h.id), by })}`);
}

/**
 * Silences and downtimes that are not over.
 * @param {AbortSignal} signal
 * @returns {Promise<Hold[]>}
 */
export async function askHolds(signal) {
  const [s, d] = await Promise.all([getJSON(`${base}silences`, signal), getJSON(`${base}downtimes`, signal)]);
  return [...(s.silences ?? []), ...(d.downtimes ?? [])];
}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<{rotas: OnCall[], overrides: Override[]}>}
 */
export function askOnCall(signal) {
  return getJSON(`${base}oncall`, signal);
}

/** @param {Record<string, unknown>} override */
export function takeOver(override) {
  return act("POST", "overrides", override);
}

/**
 * @param {number} id
 * @param {string} by
 */
export function endOverride(id, by) {
  return act("DELETE", `overrides?${new URLSearchParams({ id: String(id), by })}`);
}

/**
 * Notes what was done about an episode.
 * @param {number} episode
 * @param {string} what
 */
export function noteDeed(episode, what) {
  return act("POST", "acted", { episode, what });
}
