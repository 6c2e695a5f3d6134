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
export async function getJSON(path, signal, form) {
  const deadline = AbortSignal.timeout(deadlineMs);
  const init = { signal: signal ? AbortSignal.any([signal, deadline]) : deadline };
  pending.add(1);
  try {
    const res = await fetch(path, form ? { ...init, method: "POST", body: form } : init);
    if (!res.ok) throw await refusal(res);
    return await res.json();
  } catch (err) {
    if (err instanceof Trouble || signal?.aborted) throw err;
    throw unreachable(err);
  } finally {
    pending.add(-1);
  }
}

/** @param {Response} res */
async function refusal(res) {
  const text = await res.text().catch(() => "");
  let said = text.slice(0, 300).trim();
  try {
    said = JSON.parse(text).error ?? said;
  } catch {
    // not JSON: the text itself is the message
  }
  const what = `The server answered ${res.status}${said ? `: ${said}` : ""}.`;
  if (res.status === 401 || res.status === 403) return new Trouble(what, "You are not signed in, or may not see this.", "Load the page again to sign in.");
  if (res.status === 422 || res.status === 400) return new Trouble(what, "The question cannot be answered as asked.", "Choose a shorter time range or check the expression.");
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
