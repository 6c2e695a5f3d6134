// Who did what: changes asked for over HTTP, and what people did about alerts by
// whatever way, in one list.

/** @typedef {{at: string, who: string, role: string, from: string, what: string, asked: string, code: number | null}} Deed */

const deeds = new Set(["acknowledged", "unacknowledged", "silence", "downtime", "override", "handler"]);

/**
 * @param {AuditLine[]} lines
 * @param {AlertEvent[]} history
 * @returns {Deed[]} newest first
 */
export function deedsOf(lines, history) {
  const asked = lines.map((l) => ({
    at: l.at, who: l.who ?? "", role: l.role ?? "", from: l.from, what: `${l.method} ${l.path.replace("/api/plimsoll/v1/", "")}`, asked: l.asked ?? "", code: l.code,
  }));
  const done = history.filter((e) => deeds.has(e.kind)).map((e) => ({
    at: e.at, who: e.contact ?? "", role: "", from: "", what: e.kind, asked: [e.name === e.kind ? "" : e.name, e.summary].filter(Boolean).join(": "), code: null,
  }));
  return [...asked, ...done].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}

/** What became of a request, by its code. @param {number} code @returns {[Severity, string]} */
export function outcome(code) {
  if (code < 400) return ["ok", "done"];
  if (code === 401 || code === 403) return ["warning", `refused, ${code}`];
  return code < 500 ? ["info", `not done, ${code}`] : ["critical", `failed, ${code}`];
}
