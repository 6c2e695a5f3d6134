// One picture on a canvas: wraps uPlot, which is made anew when the series, the
// size of the frame or the theme change, and otherwise only given new data.
import uPlot from "../vendor/uPlot.esm.js";
import { options } from "./options.js";

/**
 * @typedef {Object} View
 * @property {number} height in CSS pixels
 * @property {string} unit
 * @property {"lines" | "stack" | "bands" | "counts"} kind
 * @property {boolean} [signed] values below zero are negative, and not just drawn downwards
 * @property {() => number | null} ceiling
 * @property {() => number | null} level where a rule draws the line
 * @property {() => [number, number] | null} [extent] of the values of all charts that share a scale
 * @property {(index: number | null) => void} onCursor
 * @property {(from: number, to: number) => void} onZoom
 */

export class Plot {
  /**
   * @param {HTMLElement} root
   * @param {View} view
   */
  constructor(root, view) {
    this.root = root;
    this.view = view;
    /** @type {uPlot | null} */
    this.chart = null;
    this.made = "";
    this.range = { from: 0, to: 1 };
    /** @type {Model} */
    this.model = { times: [], series: [], step: 10, live: 0, liveFrom: null };
    /** @type {Set<string>} keys of series that are switched off */
    this.hidden = new Set();
  }

  /**
   * @param {Model} model
   * @param {{from: number, to: number}} range
   * @param {string} theme
   * @param {Set<string>} hidden
   */
  draw(model, range, theme, hidden) {
    this.model = model;
    this.range = range;
    this.hidden = hidden;
    const width = Math.floor(this.root.clientWidth);
    if (width === 0) return;
    const made = [theme, this.view.height, ...model.series.map((s) => s.key + s.colour + s.label), "|", ...hidden].join();
    if (!this.chart || made !== this.made) {
      this.chart?.destroy();
      this.chart = new uPlot(options(this, width, this.view.height), this.data(), this.root);
      this.made = made;
      return;
    }
    if (this.chart.width !== width) this.chart.setSize({ width, height: this.view.height });
    this.chart.setData(this.data());
  }

  /** @returns {import("../vendor/uPlot.esm.js").default.AlignedData} */
  data() {
    const { times, series } = this.model;
    return [times, ...series.map((s) => s.drawn ?? s.values)];
  }

  destroy() {
    this.chart?.destroy();
    this.chart = null;
  }
}
