// The unit of a query, guessed from the names of its metrics: axes read better
// with it. Where calculations make it doubtful there is none.
import { metricsOf } from "../promql/context.js";
import { tokens } from "../promql/tokens.js";

const rates = new Set(["rate", "irate", "deriv", "idelta"]);
const keeps = new Set([
  "sum", "avg", "min", "max", "quantile", "topk", "bottomk", "sort", "sort_desc", "clamp", "clamp_max", "clamp_min",
  "avg_over_time", "min_over_time", "max_over_time", "last_over_time", "first_over_time", "quantile_over_time",
  "increase", "delta", "histogram_quantile", "abs", "ceil", "floor", "round", "label_replace", "label_join", "predict_linear",
]);

/**
 * @param {string} expr
 * @returns {string} as lib/format.js knows units
 */
export function unitOf(expr) {
  const all = tokens(expr);
  let braces = 0;
  const calculates = all.some((t) => {
    if (t.text === "{") braces++;
    if (t.text === "}") braces--;
    return braces === 0 && t.kind === "op" && !["@", ">", "<", ">=", "<=", "==", "!="].includes(t.text);
  });
  const calls = all.filter((t, i) => t.kind === "name" && all[i + 1]?.text === "(" && !/^(by|without|on|ignoring)$/.test(t.text)).map((t) => t.text);
  const aggregated = all.filter((t, i) => t.kind === "name" && /^(by|without)$/.test(all[i + 1]?.text ?? "")).map((t) => t.text);
  const names = metricsOf(all);
  if (calculates || names.length === 0) return "";
  const functions = [...calls, ...aggregated];
  const perSecond = functions.filter((f) => rates.has(f)).length;
  if (perSecond > 1 || functions.some((f) => !rates.has(f) && !keeps.has(f))) return "";
  const units = new Set(names.map((n) => named(n, functions.includes("histogram_quantile"))));
  const [unit] = units;
  if (units.size !== 1) return "";
  if (perSecond === 0) return unit;
  return unit === "s" ? "" : unit === "" ? "/s" : `${unit}/s`;
}

/**
 * @param {string} metric
 * @param {boolean} buckets whether a bucket stands for what was measured
 */
function named(metric, buckets) {
  const base = metric.replace(/_total$/, "").replace(/_sum$/, "");
  if (/_bucket$/.test(base) && buckets) return named(base.replace(/_bucket$/, ""), false);
  if (/_bytes$/.test(base)) return "B";
  return /_seconds$/.test(base) && !/_(timestamp|time)_seconds$/.test(base) ? "s" : "";
}

/**
 * The unit of all queries together.
 * @param {string[]} exprs
 */
export function commonUnit(exprs) {
  const units = new Set(exprs.map(unitOf));
  return units.size === 1 ? [...units][0] : "";
}
