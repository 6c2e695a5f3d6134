// Questions to the server over HTTP. Each has a deadline; each failure becomes
// a Trouble that says what happened, what it means and what to do.

const deadlineMs = 30_000;

export class Trouble extends Error {
  /**
   * @param {string} what happened
   * @param {string} means
   * @param {string} todo
   */
  constructor(what, means, todo) {
    super(what);
    this.what = what;
    this.means = means;
    this.todo = todo;
  }
}

/** Requests on their way; watchers hear of each change. */
export const pending = {
  count: 0,
  /** @type {Set<() => void>} */
  watchers: new Set(),
  /** @param {number} by */
  add(by) {
    this.count += by;
    for (const fn of [...this.watchers]) fn();
  },
};

/**
 * The body of a JSON answer.
 * @param {string} path relative to the root of the site
 * @param {AbortSignal} [signal] ends the request early
 * @param {URLSearchParams} [form] sent as POST when given
 * @returns {Promise<any>}
 */
export function getJSON(path, signal, form) {
  return send(path, form ? { method: "POST", body: form, signal } : { signal }, refusal);
}

/**
 * @param {string} path
 * @param {RequestInit} init
 * @param {(status: number, said: string) => Trouble} refused says what an answer means that is no success
 * @param {(res: Response) => Promise<any>} [read]
 * @returns {Promise<any>} the JSON of the answer
 */
export async function send(path, init, refused, read = (res) => res.json()) {
  const deadline = AbortSignal.timeout(deadlineMs);
  pending.add(1);
  try {
    const res = await fetch(path, { ...init, signal: init.signal ? AbortSignal.any([init.signal, deadline]) : deadline });
    if (!res.ok) throw refused(res.status, await saidBy(res));
    return await read(res);
  } catch (err) {
    if (err instanceof Trouble || init.signal?.aborted) throw err;
    throw unreachable(err);
  } finally {
    pending.add(-1);
  }
}

/**
 * The result of work that answers with a line for each step and one at its end.
 * @param {string} path
 * @param {RequestInit} init
 * @param {(status: number, said: string) => Trouble} [refused]
 * @returns {Promise<any>}
 */
export function getResult(path, init, refused = refusal) {
  return send(path, init, refused, async (res) => {
    const last = JSON.parse((await res.text()).trim().split("\n").at(-1) ?? "");
    if (last.error) throw refused(res.status, last.error);
    return last.result;
  });
}

/** @param {Response} res */
async function saidBy(res) {
  const text = await res.text().catch(() => "");
  try {
    return String(JSON.parse(text).error ?? text);
  } catch {
    return text.slice(0, 300).trim(); // not JSON: the text itself is the message
  }
}

/**
 * @param {number} status
 * @param {string} said
 */
function refusal(status, said) {
  const what = `The server answered ${status}${said ? `: ${said}` : ""}.`;
  if (status === 401 || status === 403) return new Trouble(what, "You are not signed in, or may not see this.", "Load the page again to sign in.");
  if (status === 422 || status === 400) return new Trouble(what, "The question cannot be answered as asked.", "Choose a shorter time range or check the expression.");
  return new Trouble(what, "The picture may be out of date.", "It is asked for again by itself; if this lasts, look at the log of plimsoll.");
}

/** @param {unknown} err */
function unreachable(err) {
  if (err instanceof DOMException && err.name === "TimeoutError") {
    return new Trouble(`No answer within ${deadlineMs / 1000} s.`, "The server or the network is slow.", "Choose a shorter time range, or wait: it is asked for again by itself.");
  }
  return new Trouble("The server cannot be reached.", "What you see stands still.", "Check that plimsoll runs; the page connects again by itself.");
}

/**
 * @param {string} expr
 * @param {number} start
 * @param {number} end
 * @param {number} step
 * @param {AbortSignal} [signal]
 * @returns {Promise<MatrixSeries[]>}
 */
export async function queryRange(expr, start, end, step, signal) {
  const form = new URLSearchParams({ query: expr, start: String(start), end: String(end), step: String(step) });
  const body = await getJSON("/api/v1/query_range", signal, form);
  return body.data.result;
}

/**
 * @param {string} expr
 * @param {AbortSignal} [signal]
 * @returns {Promise<Row[]>}
 */
export async function queryInstant(expr, signal) {
  const body = await getJSON("/api/v1/query", signal, new URLSearchParams({ query: expr }));
  if (body.data.resultType === "scalar") return [{ labels: {}, value: Number(body.data.result[1]) }];
  return body.data.result.map((/** @type {{metric: Labels, value: [number, string]}} */ r) => ({
    labels: r.metric,
    value: Number(r.value[1]),
  }));
}
