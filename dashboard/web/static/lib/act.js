// What people do: requests that change something. A refusal says that nothing
// was changed, and why.
import { send, Trouble } from "./api.js";

const base = "/api/plimsoll/v1/alerting/";

/**
 * @param {"POST" | "PUT" | "DELETE"} method
 * @param {string} path below the API of alerting
 * @param {Object} [body]
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export function act(method, path, body, signal) {
  const init = body ? { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } } : {};
  return send(base + path, { method, signal, ...init }, refusal);
}

/**
 * @param {number} status
 * @param {string} said
 */
export function refusal(status, said) {
  const what = `Refused: ${said || `the server answered ${status}`}.`;
  if (status === 401 || status === 403) return new Trouble(what, "You may look, and not do this.", "It needs a token with the role operator.");
  if (status === 404) return new Trouble(what, "Nothing was changed.", "The list is live: look whether it is still there.");
  if (status === 400 || status === 422) return new Trouble(what, "Nothing was changed.", "Correct what is entered.");
  return new Trouble(what, "Whether it was done is not known.", "Look at the list, and try again; if this lasts, look at the log of plimsoll.");
}
