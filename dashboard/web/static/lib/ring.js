// The live points of one chart: the last frames, oldest first, and no more.

/** @typedef {{t: number, values: Map<string, number>}} Point */

export class Ring {
  /** @param {number} capacity */
  constructor(capacity) {
    this.capacity = capacity;
    /** @type {Point[]} */
    this.points = [];
    /** Who the keys are. @type {Map<string, {query: number, labels: Labels}>} */
    this.keys = new Map();
  }

  /**
   * Takes the answers of one frame. A frame that is not newer than the last one
   * is left out: time runs forward in a chart.
   * @param {number} t
   * @param {(Row[] | undefined)[]} answers one for each query
   */
  push(t, answers) {
    const last = this.points.at(-1);
    if (last && t <= last.t) return;
    const values = new Map();
    answers.forEach((rows, query) => {
      for (const row of rows ?? []) {
        if (row.value === null) continue;
        const key = seriesKey(query, row.labels);
        values.set(key, row.value);
        if (!this.keys.has(key)) this.keys.set(key, { query, labels: row.labels });
      }
    });
    this.points.push({ t, values });
    if (this.points.length > this.capacity) this.points.splice(0, this.points.length - this.capacity);
  }

  clear() {
    this.points = [];
    this.keys.clear();
  }
}

/**
 * What tells the series of a chart apart.
 * @param {number} query
 * @param {Labels} labels
 */
export function seriesKey(query, labels) {
  const names = Object.keys(labels).sort();
  return `${query}|${names.map((n) => `${n}=${JSON.stringify(labels[n])}`).join(",")}`;
}
