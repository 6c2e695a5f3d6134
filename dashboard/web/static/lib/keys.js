// The keyboard: single keys, and pairs that begin with g. Keys typed into a
// field belong to the field.

/**
 * @param {Record<string, () => void>} actions by key, "t", or by pair, "g o"
 * @param {number} [pairMs] how long the second key of a pair is waited for
 * @returns {() => void} ends it
 */
export function listen(actions, pairMs = 1500) {
  let first = "";
  let at = 0;
  const hear = (/** @type {KeyboardEvent} */ event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]")) return; // a dialog has its own keys
    const target = event.target;
    if (target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) {
      if (event.key === "Escape") target.blur();
      return;
    }
    const pair = first && event.timeStamp - at < pairMs ? `${first} ${event.key}` : event.key;
    first = event.key === "g" ? "g" : "";
    at = event.timeStamp;
    const action = actions[pair];
    if (!action) return;
    event.preventDefault();
    action();
  };
  addEventListener("keydown", hear);
  return () => removeEventListener("keydown", hear);
}
