// The charts of hosts, in the names of node_exporter. With an instance they are
// of that host, without one of all hosts together.

const devices = 'device!~"loop.*|ram.*|dm-.*|md.*|zram.*"';
const links = 'device!~"lo|veth.*|docker.*|br-.*"';

/** Matchers in braces: m('a="1"') with or without an instance. @param {string} instance */
function matchers(instance) {
  const own = instance ? [`instance=${JSON.stringify(instance)}`] : [];
  return (/** @type {string[]} */ ...more) => `{${own.concat(more).join(",")}}`;
}

/** @param {string} text @returns {() => string} */
const named = (text) => () => text;

/** @param {string} text */
const by = (text) => (/** @type {Labels} */ l) => `${l.device ?? "all"} ${text}`;

/**
 * Key curves of the whole farm.
 * @returns {PanelSpec[]}
 */
export function farmPanels() {
  const total = (/** @type {string} */ name, /** @type {string} */ which) => (/** @type {Rate} */ rate) => `sum(${rate(`${name}{${which}}`)})`;
  return [
    { title: "CPU", unit: "%", ceiling: 100, about: "Busy share of all CPUs of all hosts", queries: [{ expr: (r) => cpuBusy(r, ""), label: named("busy") }] },
    { title: "Load", unit: "", ceiling: 'count(node_cpu_seconds_total{mode="idle"})', about: "Tasks that run or wait, against the number of CPUs", queries: [{ expr: () => "sum(node_load1)", label: named("1 min") }] },
    { title: "Memory", unit: "B", ceiling: "sum(node_memory_MemTotal_bytes)", about: "Memory that is not available to programs", queries: [{ expr: () => "sum(node_memory_MemTotal_bytes) - sum(node_memory_MemAvailable_bytes)", label: named("used") }] },
    { title: "Disk", unit: "B/s", about: "Reads above zero, writes below", queries: [{ expr: total("node_disk_read_bytes_total", devices), label: named("read") }, { expr: total("node_disk_written_bytes_total", devices), label: named("written"), sign: -1 }] },
    { title: "Network", unit: "B/s", about: "In above zero, out below", queries: [{ expr: total("node_network_receive_bytes_total", links), label: named("in") }, { expr: total("node_network_transmit_bytes_total", links), label: named("out"), sign: -1 }] },
  ];
}

/**
 * The busy share of the CPUs in percent; waiting for a disk is not being busy.
 * @param {Rate} rate
 * @param {string} grouping "" or "by (instance)"
 */
export function cpuBusy(rate, grouping) {
  const busy = rate('node_cpu_seconds_total{mode!~"idle|iowait"}');
  return `100 * sum ${grouping} (${busy}) / sum ${grouping} (${rate("node_cpu_seconds_total")})`;
}

/**
 * The charts of one host: for each resource how far it is used, then whether
 * work queues for it, then errors.
 * @param {string} instance
 * @returns {{title: string, panels: PanelSpec[]}[]}
 */
export function hostPanels(instance) {
  const m = matchers(instance);
  return [
    { title: "CPU", panels: cpuPanels(m) },
    { title: "Memory", panels: memoryPanels(m) },
    { title: "Disks", panels: diskPanels(m) },
    { title: "Network", panels: networkPanels(m) },
  ];
}

/** @typedef {ReturnType<typeof matchers>} Matchers */

/** @param {Matchers} m @returns {PanelSpec[]} */
function cpuPanels(m) {
  const cpu = "node_cpu_seconds_total";
  return [
    {
      title: "CPU", heading: "Busy by mode", unit: "%", kind: "stack", ceiling: 100, about: "Time of all CPUs by what they did",
      queries: [{ expr: (r) => `100 * sum by (mode) (${r(cpu + m('mode!="idle"'))}) / on () group_left () sum(${r(cpu + m())})`, label: (l) => l.mode }],
    },
    {
      title: "Load", unit: "", ceiling: `count(${cpu}${m('mode="idle"')})`, about: "Tasks that run or wait, against the number of CPUs",
      queries: [["node_load1", "1 min"], ["node_load5", "5 min"], ["node_load15", "15 min"]].map(([n, text]) => ({ expr: () => n + m(), label: named(text) })),
    },
    pressure("CPU pressure", m, [["node_pressure_cpu_waiting_seconds_total", "some task waits"]]),
  ];
}

/** @param {Matchers} m @returns {PanelSpec[]} */
function memoryPanels(m) {
  const bytes = (/** @type {string} */ n) => `node_memory_${n}_bytes${m()}`;
  const cache = `(${bytes("Cached")} + ${bytes("SReclaimable")})`;
  return [
    {
      title: "Memory", heading: "Used", unit: "B", kind: "stack", ceiling: bytes("MemTotal"), about: "What memory is used for; the cache gives way when programs need it",
      queries: [
        { expr: () => `${bytes("MemTotal")} - ${bytes("MemFree")} - ${bytes("Buffers")} - ${cache}`, label: named("used") },
        { expr: () => bytes("Buffers"), label: named("buffers") },
        { expr: () => cache, label: named("cache") },
      ],
    },
    {
      title: "Swapping", unit: "/s", optional: true, about: "Pages brought in from swap above zero, put out to it below",
      queries: [
        { expr: (r) => r(`node_vmstat_pswpin${m()}`), label: named("in") },
        { expr: (r) => r(`node_vmstat_pswpout${m()}`), label: named("out"), sign: -1 },
      ],
    },
    pressure("Memory pressure", m, [["node_pressure_memory_waiting_seconds_total", "some task waits"], ["node_pressure_memory_stalled_seconds_total", "all tasks wait"]]),
  ];
}

/** @param {Matchers} m @returns {PanelSpec[]} */
function diskPanels(m) {
  return [
    {
      title: "Disk time", heading: "Time with work to do", unit: "%", ceiling: 100, about: "Share of the time in which a device had work",
      queries: [{ expr: (r) => `100 * ${r(`node_disk_io_time_seconds_total${m(devices)}`)}`, label: (l) => l.device }],
    },
    {
      title: "Disk", heading: "Throughput (written ↓)", unit: "B/s", about: "Reads above zero, writes below",
      queries: [
        { expr: (r) => r(`node_disk_read_bytes_total${m(devices)}`), label: by("read") },
        { expr: (r) => r(`node_disk_written_bytes_total${m(devices)}`), label: by("written"), sign: -1 },
      ],
    },
    pressure("Disk pressure", m, [["node_pressure_io_waiting_seconds_total", "some task waits"], ["node_pressure_io_stalled_seconds_total", "all tasks wait"]]),
  ];
}

/** @param {Matchers} m @returns {PanelSpec[]} */
function networkPanels(m) {
  return [
    {
      title: "Network", heading: "Throughput (out ↓)", unit: "B/s", about: "In above zero, out below",
      queries: [
        { expr: (r) => r(`node_network_receive_bytes_total${m()}`), label: by("in") },
        { expr: (r) => r(`node_network_transmit_bytes_total${m()}`), label: by("out"), sign: -1 },
      ],
    },
    {
      title: "Network errors", heading: "Errors and drops", unit: "/s", optional: true, about: "Packets with errors and packets dropped, in and out",
      queries: [["receive_errs", "errors in"], ["transmit_errs", "errors out"], ["receive_drop", "drops in"], ["transmit_drop", "drops out"]].map(([n, text]) => ({
        expr: (r) => `sum(${r(`node_network_${n}_total${m()}`)})`, label: named(text),
      })),
    },
  ];
}

/**
 * Pressure stall information: the share of the time in which tasks waited.
 * @param {string} title
 * @param {Matchers} m
 * @param {string[][]} names
 * @returns {PanelSpec}
 */
function pressure(title, m, names) {
  return {
    title, unit: "%", optional: true, about: "Share of the time in which tasks waited for this resource",
    queries: names.map(([name, text]) => ({ expr: (r) => `100 * ${r(name + m())}`, label: named(text) })),
  };
}
