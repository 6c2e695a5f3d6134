// Drawing once per animation frame, however many things changed, and only a few
// charts in each: a second's worth of 50 charts at once would miss frames.

const perFrame = 4;

/** @type {Set<() => void>} */
const waiting = new Set();

/**
 * Calls fn in one of the next animation frames; once, if asked several times
 * before.
 * @param {() => void} fn
 */
export function onNextFrame(fn) {
  if (waiting.size === 0) requestAnimationFrame(drawSome);
  waiting.add(fn);
}

function drawSome() {
  const due = [...waiting].slice(0, perFrame);
  for (const fn of due) {
    fn();
    waiting.delete(fn);
  }
  if (waiting.size > 0) requestAnimationFrame(drawSome);
}
