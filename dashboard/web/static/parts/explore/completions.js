// The list of completions under a field: the focus stays in the field, which
// names the chosen one to screen readers.
import { html, useEffect, useRef } from "../../lib/preact.js";

/** @param {{id: string, list: import("./usecompletion.js").Completion}} props */
export function Completions({ id, list }) {
  const ref = useRef(/** @type {HTMLUListElement | null} */ (null));
  useEffect(() => ref.current?.children[list.chosen]?.scrollIntoView?.({ block: "nearest" }), [list.chosen, list.offers]);
  const hold = (/** @type {Event} */ e) => e.preventDefault(); // a press must not take the focus from the field
  const chosen = list.offers[list.chosen];
  return html`<div class="completions" onMouseDown=${hold}>
    <ul id=${id} role="listbox" aria-label="Completions" ref=${ref}>
      ${list.offers.map((o, i) => html`<li key=${o.kind + o.text} id=${`${id}-${i}`} role="option" aria-selected=${i === list.chosen} data-offer=${o.text}
          onClick=${() => list.take(i)} onMouseMove=${() => i !== list.chosen && list.choose(i)}>
        <span class="name">${o.text}</span> <span class="muted">${o.detail || (o.kind === "metric" ? "" : o.kind)}</span>
      </li>`)}
    </ul>
    <p class="muted">${chosen?.help || "↑ ↓ choose, Enter or Tab takes, Escape closes."}</p>
  </div>`;
}
