// Points of one quantity against another, with a straight line through them.
import uPlot from "../vendor/uPlot.esm.js";
import { axisLabels } from "../lib/format.js";
import { ink } from "../lib/theme.js";

/** @typedef {{x: number, y: number, group: number}} Dot sorted by x */
/**
 * @typedef {Object} Scene
 * @property {Dot[]} dots
 * @property {string[]} colours of the groups
 * @property {{u0: number, d: number} | null} line
 * @property {string} xUnit
 * @property {string} yUnit
 */

const font = "12px system-ui, sans-serif";
const reach = 24; // CSS pixels from the pointer to a point

export class ScatterPlot {
  /**
   * @param {HTMLElement} root
   * @param {number} height
   * @param {(dot: number | null) => void} onDot told of the point under the pointer
   */
  constructor(root, height, onDot) {
    this.root = root;
    this.height = height;
    this.onDot = onDot;
    /** @type {uPlot | null} */
    this.chart = null;
    /** @type {Scene} */
    this.scene = { dots: [], colours: [], line: null, xUnit: "", yUnit: "" };
  }

  /** @param {Scene} scene */
  draw(scene) {
    this.scene = scene;
    const width = Math.floor(this.root.clientWidth);
    this.chart?.destroy();
    this.chart = width === 0 ? null : new uPlot(this.options(width), this.data(), this.root);
  }

  /** One column for each group, with gaps where a point is another's. @returns {uPlot.AlignedData} */
  data() {
    const { dots, colours } = this.scene;
    const columns = colours.map(() => /** @type {(number | null)[]} */ (new Array(dots.length).fill(null)));
    dots.forEach((d, i) => (columns[d.group][i] = d.y));
    return [dots.map((d) => d.x), ...columns];
  }

  /**
   * @param {number} width
   * @returns {uPlot.Options}
   */
  options(width) {
    const { colours, xUnit, yUnit } = this.scene;
    const axis = { font, stroke: ink("--muted"), grid: { stroke: ink("--grid"), width: 1 }, ticks: { show: false } };
    return {
      width,
      height: this.height,
      padding: [8, 26, 0, 0],
      legend: { show: false },
      cursor: { drag: { x: false, y: false, setScale: false }, points: { show: false } },
      scales: {
        x: { time: false, range: (_, low, high) => fromZero(low, high) },
        y: { range: (_, low, high) => fromZero(low, high) },
      },
      axes: [
        { ...axis, size: 24, space: 72, values: (_, splits) => axisLabels(splits, xUnit, true) },
        { ...axis, size: 64, space: 28, values: (_, splits) => axisLabels(splits, yUnit, true) },
      ],
      series: [{}, ...colours.map((colour) => ({ stroke: ink(colour), paths: () => null, points: { show: true, size: 5, width: 1, fill: `${ink(colour)}80` } }))],
      hooks: { draw: [(u) => this.paintLine(u)], setCursor: [(u) => this.onDot(this.under(u))] },
    };
  }

  /** @param {uPlot} u */
  paintLine(u) {
    const { line } = this.scene;
    if (!line) return;
    const { ctx, bbox } = u;
    const [low, high] = [u.scales.x.min ?? 0, u.scales.x.max ?? 0];
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.beginPath();
    ctx.strokeStyle = ink("--ink");
    ctx.lineWidth = 1.5 * devicePixelRatio;
    for (const x of [low, high]) ctx.lineTo(u.valToPos(x, "x", true), u.valToPos(line.u0 + line.d * x, "y", true));
    ctx.stroke();
    ctx.restore();
  }

  /** The point nearest to the pointer, if one is near. @param {uPlot} u */
  under(u) {
    const { left = -1, top = -1 } = u.cursor;
    if (left < 0 || top < 0) return null;
    let [best, nearest] = [-1, reach];
    this.scene.dots.forEach((d, i) => {
      const off = Math.hypot(u.valToPos(d.x, "x") - left, u.valToPos(d.y, "y") - top);
      if (off < nearest) [best, nearest] = [i, off];
    });
    return best < 0 ? null : best;
  }

  destroy() {
    this.chart?.destroy();
    this.chart = null;
  }
}

/**
 * From zero, where what is idle can be read, and with some air.
 * @param {number | null} low
 * @param {number | null} high
 * @returns {[number, number]}
 */
function fromZero(low, high) {
  const [a, b] = [Math.min(low ?? 0, 0), Math.max(high ?? 0, 0)];
  return a === b ? [0, 1] : [a * 1.06, b * 1.06];
}
