// The form of something that people do: it asks for the name where nobody else
// knows it, shows what was refused right there, and gives the focus back.
import { html, useEffect, useRef, useState } from "../../lib/preact.js";
import { useStore } from "../../lib/store.js";
import { keepName, ownName, who } from "../../lib/who.js";
import { TroubleNote } from "../trouble.js";

/**
 * @param {{label: string, verb: string, send: (by: string) => Promise<unknown>, onClose: () => void, ready?: boolean, children?: unknown}} props
 */
export function ActForm({ label, verb, send, onClose, ready = true, children }) {
  const form = useRef(/** @type {HTMLFormElement | null} */ (null));
  const [name, setName] = useState(ownName);
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState(/** @type {unknown} */ (null));
  const me = useStore(who);
  useEffect(() => {
    const first = form.current?.querySelector("input, select, button");
    if (first instanceof HTMLElement) first.focus();
  }, []);
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setBusy(true);
    setTrouble(null);
    try {
      if (me?.open) keepName(name.trim());
      await send(me?.open ? name.trim() : "");
      onClose();
    } catch (err) {
      setTrouble(err);
      setBusy(false);
    }
  };
  const leave = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    onClose();
  };
  return html`<form class="act" ref=${form} aria-label=${label} onSubmit=${submit} onKeyDown=${leave} data-form=${verb}>
    ${children}
    ${me?.open && html`<${Field} label="your name"><input name="by" required maxlength="100" autocomplete="name" value=${name} onInput=${(/** @type {InputEvent} */ e) => setName(valueOf(e))} /></${Field}>`}
    <span class="buttons"><button type="submit" class="main" disabled=${busy || !ready}>${verb}</button>
      <button type="button" onClick=${onClose}>cancel</button>${!me?.open && me && html` <span class="muted">as ${me.name}</span>`}</span>
    <${TroubleNote} trouble=${trouble} />
  </form>`;
}

/** @param {{label: string, wide?: boolean, children?: unknown}} props */
export function Field({ label, wide, children }) {
  return html`<label class=${wide ? "field wide" : "field"}><span>${label}</span>${children}</label>`;
}

/** A span of time: one of some, or as it is written.
 * @param {{name: string, value: string, spans: string[], set: (value: string) => void, none?: string}} props
 */
export function Span({ name, value, spans, set, none }) {
  const choices = value === "" || spans.includes(value) ? spans : [...spans, value];
  return html`<select name=${name} value=${value} onChange=${(/** @type {Event} */ e) => set(valueOf(e))}>
    ${none !== undefined && html`<option value="">${none}</option>`}
    ${choices.map((s) => html`<option key=${s} value=${s}>${s}</option>`)}
  </select>`;
}

/** @param {Event} event */
export function valueOf(event) {
  const target = event.target;
  return target instanceof HTMLInputElement || target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement ? target.value : "";
}

/** A button that asks once more, right there, before something is done.
 * @param {{label: string, title?: string, verb?: string, about: string, send: (by: string) => Promise<unknown>, children?: unknown}} props
 */
export function ActButton({ label, title, verb = label, about, send, children }) {
  const [asks, set] = useState(false);
  const button = useRef(/** @type {HTMLButtonElement | null} */ (null));
  const close = () => {
    set(false);
    button.current?.focus();
  };
  return html`<button type="button" ref=${button} title=${title} aria-expanded=${asks} onClick=${() => set(!asks)}>${label}</button>
    ${asks && html`<${ActForm} label=${about} verb=${verb} send=${send} onClose=${close}>${children}</${ActForm}>`}`;
}
