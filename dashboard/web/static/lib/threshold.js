// Takes the level off a rule's expression, for the chart to draw both: the last
// comparison with a number that stands in no braces.

/** @typedef {{expr: string, op: string, level: number | null}} Compared */

const comparison = /^(>=|<=|==|!=|>|<)\s*(?:bool\s+)?([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*$/;

/**
 * @param {string} expr
 * @returns {Compared} level null: there is none, and expr is as it was
 */
export function splitLevel(expr) {
  const bare = unwrap(expr.trim());
  for (const i of outside(bare)) {
    const m = comparison.exec(bare.slice(i));
    if (m && i > 0 && !joins(bare.slice(0, i))) return { expr: bare.slice(0, i).trim(), op: m[1], level: Number(m[2]) };
  }
  return { expr: bare, op: "", level: null };
}

/** Whether a text joins vectors: the number is then not that of its values.
 * @param {string} left
 */
function joins(left) {
  return /\b(and|or|unless)\b/.test([...outside(left)].map((i) => left[i]).join(""));
}

/** Takes off parentheses around the whole. @param {string} expr */
function unwrap(expr) {
  while (expr.startsWith("(") && expr.endsWith(")") && [...outside(expr)].length === 1) expr = expr.slice(1, -1).trim();
  return expr;
}

/**
 * The places that are in no parentheses, braces, brackets or quotes.
 * @param {string} expr
 * @returns {Generator<number>}
 */
function* outside(expr) {
  let depth = 0;
  let quote = "";
  for (let i = 0; i < expr.length; i++) {
    const c = expr[i];
    if (quote) {
      if (c === "\\" && quote !== "`") i++;
      else if (c === quote) quote = "";
      continue;
    }
    if (depth === 0) yield i;
    if (c === '"' || c === "'" || c === "`") quote = c;
    else if ("({[".includes(c)) depth++;
    else if (")}]".includes(c)) depth--;
  }
}

/**
 * The expression for one alert only: the others of a rule have other labels.
 * @param {string} expr
 * @param {Labels} labels those of the series
 */
export function onlyFor(expr, labels) {
  const names = Object.keys(labels).filter((n) => n !== "__name__").sort();
  if (names.length === 0) return expr;
  const one = names.reduce((inner, n) => `label_replace(${inner}, ${JSON.stringify(n)}, ${JSON.stringify(labels[n].replaceAll("$", "$$$$"))}, "", "")`, "vector(1)");
  return `(${expr}) and on (${names.join(", ")}) ${one}`;
}

/**
 * Of the answers to an expression that with the labels of an alert, to which its
 * rule may have added some.
 * @param {Row[]} rows
 * @param {Labels} labels
 */
export function rowOf(rows, labels) {
  return rows.find((r) => Object.entries(r.labels).every(([n, v]) => n === "__name__" || labels[n] === v)) ?? null;
}

/** The unit that an expression's names tell of. @param {string} expr */
export function unitOf(expr) {
  if (/\/|_ratio\b|_info\b/.test(expr.replace(/"[^"]*"/g, ""))) return "";
  if (/_bytes\b/.test(expr)) return "B";
  return /_seconds\b/.test(expr) && !/\btime\(\)|timestamp/.test(expr) ? "s" : "";
}
