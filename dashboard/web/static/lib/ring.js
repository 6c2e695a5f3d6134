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
   * Takes the answers of one frame. A frame of the last instant adds to it, an
   * older one is left out: time runs forward in a chart.
   * @param {number} t
   * @param {(Row[] | undefined)[]} answers one for each query
   */
  push(t, answers) {
    const last = this.points.at(-1);
    if (last && t < last.t) return;
    const same = last?.t === t;
    const values = same ? last.values : new Map();
    answers.forEach((rows, query) => {
      for (const row of rows ?? []) {
        if (row.value === null) continue;
        const key = seriesKey(query, row.labels);
        values.set(key, row.value);
        if (!this.keys.has(key)) this.keys.set(key, { query, labels: row.labels });
      }
    });
    if (!same) this.points.push({ t, values });
    if (this.points.length > this.capacity) this.points.splice(0, this.points.length - this.capacity);
  }

  /**
   * Takes the last minutes, which the server still knew. They join the points that
   * have come since; where both have an instant, what was asked later counts: it
   * has what came in late.
   * @param {PastSeries[][]} answers one for each query
   */
  fill(answers) {
    /** @type {Map<number, Point>} */
    const at = new Map(this.points.map((p) => [p.t, p]));
    answers.forEach((series, query) => {
      for (const { labels, points } of series) {
        const key = seriesKey(query, labels);
        this.keys.set(key, { query, labels });
        for (const [t, value] of points) {
          if (value === null) continue;
          const point = at.get(t) ?? { t, values: new Map() };
          point.values.set(key, value);
          at.set(t, point);
        }
      }
    });
    this.points = [...at.values()].sort((a, b) => a.t - b.t).slice(-this.capacity);
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
