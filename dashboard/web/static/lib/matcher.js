// Matchers pick alerts by their labels, in PromQL's words, as the server reads
// them: severity="critical",instance=~"web.*".

/** @typedef {{name: string, op: string, value: string, regexp: RegExp | null}} Matcher */

/**
 * @param {string} name
 * @param {string} op
 * @param {string} value
 * @returns {Matcher | null} null if the value is no regular expression
 */
export function toMatcher(name, op, value) {
  if (!op.includes("~")) return { name, op, value, regexp: null };
  try {
    return { name, op, value, regexp: new RegExp(`^(?:${value})$`, "s") };
  } catch {
    return null;
  }
}

/**
 * Whether all matchers hold; a label that is absent is "".
 * @param {Matcher[]} matchers
 * @param {Labels} labels
 */
export function matches(matchers, labels) {
  return matchers.every(({ name, op, value, regexp }) => {
    const own = labels[name] ?? "";
    const is = regexp ? regexp.test(own) : own === value;
    return op.startsWith("!") ? !is : is;
  });
}

/**
 * The labels of an alert that matchers look at.
 * @param {Alert} a
 * @returns {Labels}
 */
export function matchable(a) {
  return { ...a.labels, alertname: a.name, severity: a.severity, class: a.class };
}

/**
 * What picks an alert and nothing else of its kind: its name and its own labels.
 * @param {Alert} a
 */
export function matcherText(a) {
  const names = Object.keys(a.labels ?? {}).filter((n) => n !== "__name__").sort();
  return [["alertname", a.name], ...names.map((n) => [n, a.labels?.[n] ?? ""])].map(([n, v]) => `${n}=${JSON.stringify(v)}`).join(",");
}
