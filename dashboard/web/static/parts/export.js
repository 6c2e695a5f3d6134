// The menu of a chart to take it along.
import { snapshot } from "../charts/snapshot.js";
import { download } from "../lib/explore/save.js";
import { chartFile, embedCode, fileName, permalink } from "../lib/export.js";
import { html, useRef, useState } from "../lib/preact.js";
import { range } from "../lib/route.js";
import { historyRate } from "../lib/step.js";

/**
 * @param {{title: string, unit: string, queries: Query[], model: Model, stacked?: boolean, level?: number | null}} props
 */
export function Export({ title, unit, queries, model, stacked, level }) {
  const root = useRef(/** @type {HTMLDetailsElement | null} */ (null));
  const [open, setOpen] = useState(false);
  const [copied, setCopied] = useState("");
  const asked = queries.filter((q) => !q.loss).map((q) => ({ sign: q.sign ?? 1, expr: q.expr(historyRate(model.step), model.step) }));
  const chart = () => ({ title, unit, exprs: asked.map((q) => q.expr) });
  const close = () => {
    if (root.current) root.current.open = false;
    root.current?.querySelector("summary")?.focus();
  };
  const file = (/** @type {"csv" | "json"} */ kind) => (download(chartFile(kind, chart(), model)), close());
  const picture = () => {
    const figure = root.current?.closest("figure");
    if (figure) snapshot(figure, title, model).toBlob((blob) => blob && keep(blob, `plimsoll-${fileName(title)}.png`));
    close();
  };
  const copy = (/** @type {string} */ text) => {
    setCopied(text);
    navigator.clipboard?.writeText(text).catch(() => undefined); // the field has it, to copy by hand
  };
  const link = () => copy(permalink(location.href, range.value, Date.now() / 1000));
  const frame = () => {
    const exprs = asked.map((q) => (q.sign < 0 ? `-(${q.expr})` : q.expr));
    copy(embedCode(location.origin, { title, unit, exprs, stacked, level }, range.value));
  };
  return html`<details class="export" ref=${root} onToggle=${() => (setOpen(root.current?.open ?? false), setCopied(""))}
      onKeyDown=${(/** @type {KeyboardEvent} */ e) => e.key === "Escape" && open && (e.stopPropagation(), close())}>
    <summary aria-label=${`Export ${title}`} title="Export">⤓</summary>
    ${open && html`<div class="exportmenu" role="group" aria-label=${`Export ${title}`}>
      <button type="button" data-export="png" onClick=${picture}>PNG</button>
      <button type="button" data-export="csv" onClick=${() => file("csv")}>CSV</button>
      <button type="button" data-export="json" onClick=${() => file("json")}>JSON</button>
      <button type="button" data-export="link" onClick=${link}>copy link</button>
      <button type="button" data-export="embed" onClick=${frame}>copy embed code</button>
      ${copied && html`<input readonly aria-label="What was copied" value=${copied} onFocus=${(/** @type {FocusEvent} */ e) => /** @type {HTMLInputElement} */ (e.target).select()} />`}
    </div>`}
  </details>`;
}

/**
 * Has the browser keep a picture.
 * @param {Blob} blob
 * @param {string} name
 */
function keep(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
