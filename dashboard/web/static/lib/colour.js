// Series colours: Okabe and Ito's set, which people with any kind of colour
// vision can tell apart. A label value has the same colour on every page.

/** Custom properties of style.css, which differ in light and dark. */
export const palette = Array.from({ length: 8 }, (_, i) => `--series-${i}`);

/** Colours that people expect, so that they do not depend on a hash. @type {Record<string, number>} */
const known = {
  user: 0, system: 1, iowait: 2, irq: 6, softirq: 3, steal: 4, nice: 5, idle: 7,
  in: 0, out: 4, read: 0, written: 4, used: 0, cache: 1, buffers: 3, free: 7,
  "1 min": 0, "5 min": 1, "15 min": 7, busy: 0, load: 0, "all others": 7,
};

/**
 * FNV-1a, 32 bits.
 * @param {string} text
 */
export function hash(text) {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/**
 * A colour for each name: its own, or the next free one if another name of the
 * same chart has it.
 * @param {string[]} names in a stable order
 * @returns {Map<string, string>} custom properties
 */
export function colours(names) {
  const result = new Map();
  const taken = new Set();
  for (const name of names) {
    let i = known[name] ?? hash(name) % palette.length;
    for (let tries = 0; taken.has(i) && tries < palette.length; tries++) i = (i + 1) % palette.length;
    taken.add(i);
    result.set(name, palette[i]);
  }
  return result;
}
