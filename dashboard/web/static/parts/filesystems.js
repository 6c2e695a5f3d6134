// File systems of a host as bars, with the load line at nine tenths.
import { safeShare } from "../charts/loadline.js";
import { useInstant } from "../charts/use.js";
import { exact, format } from "../lib/format.js";
import { html } from "../lib/preact.js";

/** @param {{instance: string}} props */
export function FileSystems({ instance }) {
  const of = `{instance=${JSON.stringify(instance)},fstype!~"tmpfs|devtmpfs|ramfs|squashfs"}`;
  const [all, frees, avails] = useInstant(["size", "free", "avail"].map((what) => () => `node_filesystem_${what}_bytes${of}`));
  const sizes = all.filter((r) => r.labels.fstype !== "overlay" || r.labels.mountpoint === "/"); // containers show a disk once more each
  if (sizes.length === 0) return html`<p class="blank">No file systems on disks are reported by this host.</p>`;
  const find = (/** @type {Row[]} */ rows, /** @type {Row} */ r) => rows.find((o) => o.labels.mountpoint === r.labels.mountpoint && o.labels.device === r.labels.device)?.value ?? null;
  const rows = sizes.map((r) => ({ labels: r.labels, size: r.value ?? 0, free: find(frees, r), avail: find(avails, r) }));
  rows.sort((a, b) => a.labels.mountpoint.localeCompare(b.labels.mountpoint));
  return html`<ul class="filesystems">${rows.map((r) => html`<${Bar} key=${r.labels.mountpoint + r.labels.device} ...${r} />`)}</ul>`;
}

/**
 * As df counts: what is reserved for root is neither used nor available.
 * @param {{labels: Labels, size: number, free: number | null, avail: number | null}} props
 */
function Bar({ labels, size, free, avail }) {
  const used = free === null ? null : size - free;
  const share = used === null || avail === null || used + avail === 0 ? null : used / (used + avail);
  const percent = share === null ? null : 100 * share;
  const over = share !== null && share >= safeShare;
  const said = `${labels.mountpoint}: ${format(percent, "%")} used, ${format(avail, "B")} available of ${format(size, "B")}`;
  return html`<li data-fs=${labels.mountpoint} data-used=${percent?.toFixed(2)} title=${`${labels.device} ${labels.fstype}; ${exact(avail, "B")} available of ${exact(size, "B")}`}>
    <span class="name">${labels.mountpoint}</span>
    <span class=${over ? "gauge over" : "gauge"} role="img" aria-label=${said}><i style=${{ width: `${percent ?? 0}%` }}></i></span>
    <span class="value">${over ? "▲ " : ""}${format(percent, "%")}</span>
    <span class="muted">${format(avail, "B")} of ${format(size, "B")} left</span>
  </li>`;
}
