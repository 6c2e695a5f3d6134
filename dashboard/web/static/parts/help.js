// The keys of the pages, in a dialog.
import { html, useEffect, useRef } from "../lib/preact.js";

const keys = [
  ["g o", "overview"], ["g r", "roles & services"], ["g h", "host"], ["g c", "counters & timings"], ["g x", "explore"], ["g a", "alerts"], ["g l", "logs"], ["g n", "network"], ["g d", "admin"],
  ["/", "search"], ["t", "light or dark"], ["?", "this help"],
  ["j k", "on Alerts: the next alert, the one before"], ["Enter", "all about it"], ["a", "acknowledge it, or take that back"], ["s", "silence it"], ["d", "plan a downtime for it"],
  ["drag over a chart", "zoom all charts of the page"], ["Escape", "leave a field, a dialog, a zoom"],
];

/** @param {{shown: boolean, onClose: () => void}} props */
export function Help({ shown, onClose }) {
  const ref = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    if (shown) ref.current?.showModal();
    else ref.current?.close();
  }, [shown]);
  return html`<dialog ref=${ref} aria-label="Keys" onClose=${onClose}>
    <h2>Keys</h2>
    <dl>${keys.map(([key, what]) => html`<div key=${key}><dt><kbd>${key}</kbd></dt><dd>${what}</dd></div>`)}</dl>
    <button type="button" onClick=${onClose}>close</button>
  </dialog>`;
}
