// Drawing once per animation frame, however many things changed.

/** @type {Set<() => void>} */
const waiting = new Set();

/**
 * Calls fn in the next animation frame; once, if asked several times before.
 * @param {() => void} fn
 */
export function onNextFrame(fn) {
  if (waiting.size === 0) requestAnimationFrame(drawAll);
  waiting.add(fn);
}

function drawAll() {
  const due = [...waiting];
  waiting.clear();
  for (const fn of due) fn();
}
