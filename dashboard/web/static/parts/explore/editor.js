// A field for PromQL: coloured, with completion, and with what is wrong marked
// where it is wrong.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../../lib/preact.js";
import { promFunctions } from "../../lib/promql/functions.js";
import { known } from "../../lib/promql/known.js";
import { about } from "../../lib/promql/suggest.js";
import { tokens } from "../../lib/promql/tokens.js";
import { Completions } from "./completions.js";
import { useCheck } from "./usecheck.js";
import { useCompletion } from "./usecompletion.js";

/** @typedef {import("../../lib/explore/refusal.js").Fault} Fault */

/**
 * @param {{name: string, text: string, onText: (text: string) => void, onRun: () => void}} props
 */
export function Editor({ name, text, onText, onRun }) {
  const field = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const [cursor, setCursor] = useState(-1); // while the field has the focus
  const put = useRef(/** @type {number | null} */ (null)); // where the cursor goes after a choice
  const list = useCompletion(field, (next, at) => {
    put.current = at;
    onText(next);
    setCursor(at);
  });
  useLayoutEffect(() => {
    if (put.current !== null) field.current?.setSelectionRange(put.current, put.current);
    put.current = null;
  }, [text]);
  const fault = useCheck(text);
  const id = `complete-${name}`;
  const open = list.offers.length > 0;
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    if (list.key(event)) return event.preventDefault(), event.stopPropagation();
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    list.close();
    onRun();
  };
  const moved = () => setCursor(field.current?.selectionStart ?? 0);
  return html`<div class="editor" data-query=${name} data-fault=${fault ? `${fault.line}:${fault.column}` : undefined}>
    <div class="promql">
      <pre aria-hidden="true">${coloured(text, fault)}${"\n"}</pre>
      <textarea ref=${field} rows="1" spellcheck=${false} autocomplete="off" autocapitalize="off" aria-label=${`Query ${name}, PromQL`}
        aria-autocomplete="list" aria-haspopup="listbox" aria-controls=${open ? id : undefined} aria-describedby=${`says-${name}`} aria-invalid=${fault !== null}
        aria-activedescendant=${open ? `${id}-${list.chosen}` : undefined} placeholder="PromQL: a metric, a function …  (Ctrl-Space lists them)" value=${text}
        onInput=${(/** @type {any} */ e) => (onText(e.target.value), moved(), list.typed())}
        onKeyDown=${onKey} onKeyUp=${moved} onClick=${() => (moved(), list.close())} onFocus=${moved} onBlur=${() => (list.close(), setCursor(-1))}></textarea>
    </div>
    ${open && html`<${Completions} id=${id} list=${list} />`}
    <p class="says" id=${`says-${name}`} role="status">${fault ? html`<b class="sign warning"><i aria-hidden="true">▲</i> Line ${fault.line}, column ${fault.column}:</b> ${fault.said}` : html`<${Hint} text=${text} cursor=${cursor} />`}</p>
  </div>`;
}

/**
 * The text in spans, with a wave under the fault. The field over it is
 * transparent and has the same letters.
 * @param {string} text
 * @param {Fault | null} fault
 */
function coloured(text, fault) {
  const parts = [];
  let at = 0;
  for (const t of tokens(text)) {
    if (t.from > at) parts.push(text.slice(at, t.from));
    const kind = t.kind === "name" && promFunctions.has(t.text) ? "function" : t.kind;
    const wrong = fault && t.from < fault.to && fault.from < t.to ? " wrong" : "";
    parts.push(html`<span class=${`pq-${kind}${wrong}`}>${t.text}</span>`);
    at = t.to;
  }
  parts.push(text.slice(at));
  if (fault && fault.from >= text.trimEnd().length) parts.push(html`<span class="wrong">${"\u00a0"}</span>`);
  return parts;
}

/** What is known of the name under the cursor.
 * @param {{text: string, cursor: number}} props
 */
function Hint({ text, cursor }) {
  const [, drawn] = useState(0);
  const found = tokens(text).find((t) => t.kind === "name" && t.from <= cursor && cursor <= t.to);
  useEffect(() => {
    let here = true;
    if (text) known.learnMetadata().then(() => here && drawn((n) => n + 1));
    return () => void (here = false);
  }, [text === ""]);
  const f = found && promFunctions.get(found.text);
  if (f) return html`<code>${f.name}(${f.takes})</code> ${f.help}`;
  const m = found && about(known.metadata, found.text);
  return m ? html`<code>${found.text}</code> ${m.type}: ${m.help}` : html`<span class="muted">${text && cursor >= 0 ? "Enter asks; Shift-Enter begins a line." : ""}</span>`;
}
