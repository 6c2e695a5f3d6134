// Says what went wrong, what it means and what to do.
import { Trouble } from "../lib/api.js";
import { html } from "../lib/preact.js";

/** @param {{trouble: unknown}} props */
export function TroubleNote({ trouble }) {
  if (!trouble) return null;
  const t = trouble instanceof Trouble ? trouble : new Trouble(String(trouble), "This is a defect of the page.", "Load the page again.");
  return html`<p class="trouble" role="status"><b>${t.what}</b> ${t.means} ${t.todo}</p>`;
}
