// What members of a role are compared by: of all that is known, what there is.
//
// Side by side each member has one line, in a measure that is comparable between
// hosts of different size; stacked they make up what the role as a whole does.

/** @typedef {(...more: string[]) => string} Matchers */
/**
 * @typedef {Object} KeyMetric
 * @property {string} title
 * @property {string} unit
 * @property {string} about
 * @property {string[]} needs names of series, one of which must be there
 * @property {(rate: Rate, m: Matchers) => string} expr one series for each instance
 * @property {number} min the difference between members that matters at all
 * @property {number} [ceiling] of each member
 * @property {boolean} [leaf] no sum and no mean of it makes sense: a percentile
 * @property {{unit: string, about: string, expr: KeyMetric["expr"]}} [stacked] if it is measured differently
 */

const devices = 'device!~"loop.*|ram.*|dm-.*|md.*|zram.*"';
const links = 'device!~"lo|veth.*|docker.*|br-.*"';
const disks = 'fstype!~"tmpfs|ramfs|overlay|squashfs|iso9660|devtmpfs|fuse.*|nfs.*"';
const cpu = "node_cpu_seconds_total";
const memory = (/** @type {string} */ n, /** @type {Matchers} */ m) => `sum by (instance) (node_memory_${n}_bytes${m()})`;
const sum = (/** @type {string} */ of) => `sum by (instance) (${of})`;

/** @type {KeyMetric[]} */
const ofHosts = [
  {
    title: "CPU", unit: "%", needs: [cpu], ceiling: 100, min: 5, about: "Busy share of the CPUs of each member",
    expr: (r, m) => `100 * ${sum(r(cpu + m('mode!~"idle|iowait"')))} / ${sum(r(cpu + m()))}`,
    stacked: { unit: "", about: "CPUs that are busy", expr: (r, m) => sum(r(cpu + m('mode!~"idle|iowait"'))) },
  },
  {
    title: "Load per CPU", unit: "", needs: ["node_load1"], ceiling: 1, min: 0.3, about: "Tasks that run or wait, for each CPU",
    expr: (_, m) => `${sum(`node_load1${m()}`)} / count by (instance) (${cpu}${m('mode="idle"')})`,
    stacked: { unit: "", about: "Tasks that run or wait", expr: (_, m) => sum(`node_load1${m()}`) },
  },
  {
    title: "Memory", unit: "%", needs: ["node_memory_MemAvailable_bytes"], ceiling: 100, min: 5, about: "Share of the memory that is not available to programs",
    expr: (_, m) => `100 - 100 * ${memory("MemAvailable", m)} / ${memory("MemTotal", m)}`,
    stacked: { unit: "B", about: "Memory that is not available to programs", expr: (_, m) => `${memory("MemTotal", m)} - ${memory("MemAvailable", m)}` },
  },
  {
    title: "Disk time", unit: "%", needs: ["node_disk_io_time_seconds_total"], ceiling: 100, min: 5, leaf: true, about: "Share of the time in which the busiest disk had work",
    expr: (r, m) => `100 * max by (instance) (${r(`node_disk_io_time_seconds_total${m(devices)}`)})`,
  },
  {
    title: "Disk space", unit: "%", needs: ["node_filesystem_avail_bytes"], ceiling: 100, min: 10, leaf: true, about: "How full the fullest file system is",
    expr: (_, m) => `100 - 100 * min by (instance) (node_filesystem_avail_bytes${m(disks)} / node_filesystem_size_bytes${m(disks)})`,
  },
  {
    title: "Network", unit: "B/s", needs: ["node_network_receive_bytes_total"], min: 50_000, about: "In and out together",
    expr: (r, m) => `${sum(r(`node_network_receive_bytes_total${m(links)}`))} + ${sum(r(`node_network_transmit_bytes_total${m(links)}`))}`,
  },
];

/** Counters of work and of errors: title, series, matcher, what it is. @type {[string, string, string, string][]} */
const counters = [
  ["Requests", "http_requests_total", "", "Requests by the access logs"],
  ["Errors", "http_requests_total", 'code="5xx"', "Requests that were answered with 5xx, by the access logs"],
  ["nginx requests", "nginx_http_requests_total", "", "Requests that nginx counted"],
  ["Apache requests", "apache_accesses_total", "", "Requests that Apache counted"],
  ["HAProxy requests", "haproxy_process_requests_total", "", "Requests that HAProxy counted"],
  ["PHP requests", "phpfpm_accepted_connections", "", "Requests that PHP-FPM took"],
  ["Squid requests", "squid_client_http_requests_total", "", "Requests of clients of Squid"],
  ["Squid errors", "squid_client_http_errors_total", "", "Requests that Squid could not serve"],
  ["MySQL queries", "mysql_global_status_queries", "", "Statements that the server ran"],
  ["PostgreSQL commits", "pg_stat_database_xact_commit", "", "Transactions that were committed"],
  ["PostgreSQL rollbacks", "pg_stat_database_xact_rollback", "", "Transactions that were rolled back"],
  ["Redis commands", "redis_commands_processed_total", "", "Commands that Redis ran"],
  ["Memcached commands", "memcached_commands_total", "", "Commands that memcached took"],
  ["RabbitMQ messages", "rabbitmq_queue_messages_published_total", "", "Messages that were published"],
];

/** @type {KeyMetric[]} */
const ofWork = counters.map(([title, name, matcher, about]) => ({
  title, unit: "/s", needs: [name], min: 1, about,
  expr: (r, m) => sum(r(name + (matcher ? m(matcher) : m()))),
}));

const mostTimings = 3;

/** The series whose presence chooses. */
export const candidates = [...new Set([...ofHosts, ...ofWork].flatMap((k) => k.needs))];

/**
 * What there is to compare: work and how long it takes first, since people feel
 * these, then what it costs the hosts.
 * @param {Set<string>} present names of series
 * @param {string[]} timings names that have a 95th percentile
 * @returns {KeyMetric[]}
 */
export function chooseMetrics(present, timings) {
  const there = (/** @type {KeyMetric} */ k) => k.needs.some((n) => present.has(n));
  return [...ofWork.filter(there), ...timings.slice(0, mostTimings).map(timing), ...ofHosts.filter(there)];
}

/** @param {string} name @returns {KeyMetric} */
function timing(name) {
  return {
    title: `${name} p95`, unit: "s", needs: [name], min: 0.005, leaf: true, about: "95th percentile; of several series of a member that of the slowest",
    expr: (_, m) => `max by (instance) (${name}${m('quantile="0.95"')})`,
  };
}
