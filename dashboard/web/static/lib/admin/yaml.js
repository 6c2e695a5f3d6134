// The configuration in force, as text: its sections, and the limits in it.

/**
 * @param {string} text YAML as the service writes it
 * @returns {[string, string][]} key and lines of each section; single values come together as ""
 */
export function sections(text) {
  /** @type {[string, string][]} */
  const out = [];
  let plain = "";
  for (const line of text.split("\n")) {
    const key = /^([\w-]+):/.exec(line)?.[1];
    if (key && line !== `${key}:`) plain += `${line}\n`;
    else if (key) out.push([key, ""]);
    else if (line && out.length > 0) out[out.length - 1][1] += `${line}\n`;
  }
  return plain ? [["", plain], ...out] : out;
}

const limit = /^(max_\w+|\w+_limit|\w*rate|burst|queries|\w*connections|live_expressions)$/;

/**
 * The bounds that are configured.
 * @param {string} text
 * @returns {[string, string][]} path and value
 */
export function limitsOf(text) {
  /** @type {{indent: number, key: string}[]} */
  const path = [];
  /** @type {[string, string][]} */
  const out = [];
  for (const line of text.split("\n")) {
    const [, space, key, value] = /^([\s-]*)([\w-]+):(?: (.*))?$/.exec(line) ?? [];
    if (key === undefined) continue;
    while (path.length > 0 && path[path.length - 1].indent >= space.length) path.pop();
    if (value !== undefined && limit.test(key) && /^\d/.test(value)) out.push([[...path.map((p) => p.key), key].join("."), value]);
    if (value === undefined) path.push({ indent: space.length, key });
  }
  return out;
}
