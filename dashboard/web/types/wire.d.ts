// What the server sends, and the shapes that the pages share. Global, so that
// the modules can name them without importing types.

type Labels = Record<string, string>;
type Severity = "ok" | "info" | "warning" | "critical" | "unknown";

/** metric.Alert: the present state of one check, or of one rule for one series. */
interface Alert {
  id: string;
  name: string;
  class: "up/down" | "resource" | "threshold";
  labels?: Labels;
  state: Severity;
  severity: Severity; // as configured, whatever the state
  hard: boolean;
  attempt?: number;
  max_attempts?: number;
  flapping?: boolean;
  flap_percent?: number;
  since: string;
  checked: string;
  value?: number;
  summary: string;
  expr?: string;
  target?: string;
  /** Its trouble since it is hard, who was told of it, who takes care, and why nobody else is told. */
  episode?: number;
  told?: string[];
  ack?: AlertAck;
  holds?: AlertHold[];
}

/** metric.AlertEvent: a change of state, or somebody told. */
interface AlertEvent {
  at: string;
  alert_id: string;
  name: string;
  labels?: Labels;
  kind: string;
  from?: Severity;
  to?: Severity;
  hard: boolean;
  contact?: string;
  summary: string;
}

/** metric.Event: what somebody told of. All texts are the sender's own. */
interface ToldEvent {
  id: number;
  at: string;
  title: string;
  text?: string;
  host?: string;
  key?: string;
  priority?: string;
  source?: string;
  type?: string;
  labels?: Labels;
  repeats?: number;
}

/** metric.Host: what the collector knows of one reporting host. */
interface Host {
  instance: string;
  job: string;
  up: boolean;
  last_seen: string;
  interval_seconds: number;
}

interface CounterName {
  name: string;
  type: "counter" | "timing" | "gauge" | "set";
  labels?: Labels;
  /** Those that its lines come by. */
  listeners?: string[];
}

/** A source or a prefix that was over a limit of series. */
interface Offender {
  kind: "source" | "prefix";
  name: string;
  series: number;
  lines: number;
}

/** Two raw names that would share a name: the second is refused. */
interface Collision {
  name: string;
  owner: string;
  refused: string;
  lines: number;
}

/** What one socket received, and what the kernel dropped in front of it. */
interface Listener {
  address: string;
  received: number;
  drops: number;
}

interface BadLine {
  at: string;
  source: string;
  line: string;
  reason: string;
}

/** The counter daemon's account: lines = parsed + bad. */
interface CounterAccount {
  /** Where lines are listened for, host:port; the host may be the unspecified one. */
  address: string;
  /** Datagrams; lost ones are in kernel_drops. */
  received: number;
  kernel_drops?: number;
  lines?: number;
  parsed: number;
  /** Samples that the store refused. */
  refused?: number;
  bad: Record<string, number> | null;
  dropped: Record<string, number> | null;
  bad_lines: BadLine[] | null;
  collisions?: Collision[] | null;
  offenders?: Offender[] | null;
  listeners?: Listener[] | null;
  names: CounterName[] | null;
}

/** One rule of Prometheus' rules API. */
interface Rule {
  name: string;
  query: string;
  duration?: number;
  labels?: Labels;
  annotations?: Labels;
  state?: string;
  lastError?: string;
  type?: string;
}

/** One series of a range query; values come as text, as Prometheus writes them. */
interface MatrixSeries {
  metric: Labels;
  values: [number, string][];
}

/** One row of an instant answer, from the websocket or from a query. */
interface Row {
  labels: Labels;
  /** null: not a finite number. */
  value: number | null;
}

/** One series of the last minutes that a new live expression is answered with. */
interface PastSeries {
  labels: Labels;
  points: [number, number | null][];
}

/** The time that the pages show: the last `seconds`, or from–to. */
type TimeRange =
  | { live: true; seconds: number }
  | { live: false; from: number; to: number };

/** Makes a rate expression of a selector: wide for history, short for live. */
type Rate = (selector: string) => string;

/** One question of a chart. */
interface Query {
  expr: (rate: Rate, step?: number) => string;
  /** The answer is the share of datagrams that were lost, no series to draw. */
  loss?: boolean;
  /** What a series is called; the default joins its label values. */
  label?: (labels: Labels) => string;
  /** -1 draws below zero. */
  sign?: number;
}

/** Columns on one time axis; columns from `live` on came by websocket. */
interface Table {
  times: number[];
  columns: Map<string, Column>;
  live: number;
  /** The instant of the live point before those, if there is one. */
  liveFrom: number | null;
  step: number;
}

interface Column {
  query: number;
  labels: Labels;
  values: (number | null)[];
  /** The value at Table.liveFrom. */
  before: number | null;
}

/** What a chart draws. */
interface Model {
  times: number[];
  series: ModelSeries[];
  step: number;
  live: number;
  liveFrom: number | null;
  /** Observations of each bucket, for the percentile band chart. */
  counts?: (number | null)[];
  /** The share of datagrams lost in each bucket, 0–1. */
  lost?: (number | null)[];
}

interface ModelSeries {
  key: string;
  label: string;
  /** As measured. */
  values: (number | null)[];
  /** As drawn, if that differs: stacked or mirrored. */
  drawn?: (number | null)[];
  colour: string;
  dash?: number[];
}

interface PanelSpec {
  /** What tests and readers know the chart by. */
  title: string;
  /** What stands over it, if not the title. */
  heading?: string;
  unit: string;
  queries: Query[];
  kind?: "lines" | "stack";
  /** PromQL that yields the ceiling, or the ceiling. */
  ceiling?: string | number;
  /** Says what the panel shows, for a hover and a screen reader. */
  about?: string;
  /** Leave the panel out while it has no series. */
  optional?: boolean;
  /** Where a rule draws the line. */
  level?: number | null;
}

/** collector.Age: how old the data of one host is. */
interface HostAge {
  instance: string;
  job?: string;
  source?: string;
  last_seen: string;
  age_seconds: number;
  samples_per_second: number;
  alive: boolean;
  retired: boolean;
}

/** collector.Source: who sends samples, and what they met with. */
interface SampleSource {
  source: string;
  series: number;
  samples: number;
  refused?: Record<string, number>;
  example?: { reason: string; series: string; seen_at: string };
  last_error?: string;
}

/** The last input that a receiver could not take. */
interface LastBad {
  at?: string;
  source: string;
  reason: string;
  text?: string;
}

interface SourcesAnswer {
  sources: SampleSource[] | null;
  hosts: HostAge[] | null;
  agent_configs?: { instance: string; role?: string; error?: string }[] | null;
  graphite?: { last_bad?: LastBad; offenders?: { source: string; refused?: Record<string, number> }[] };
  ganglia?: { last_bad?: LastBad };
  traps?: { listen: string; last_refused?: { at: string; source: string; reason: string; begin: string } };
  access_logs?: { bad?: Record<string, { from: string; error: string }> };
}

/** A quota of the store that is used up. */
interface StoreQuota {
  quota: string;
  value: string;
  series: number;
  max: number;
  refused: number;
}

/** What the service tells of itself; the storage is archives, or an engine (url). */
interface ServiceStatus {
  version: string;
  start: string;
  data: string;
  storage: Record<string, any> & { offenders?: StoreQuota[] | null };
}

/** What archives take on disk, by class. */
interface ArchivePlan {
  classes: { class: string; heartbeat: string; match?: string[]; plain: number; timings: number; plain_bytes: number; timing_bytes: number; bytes: number }[];
  bytes: number;
  free_bytes?: number;
}

/** A change that somebody asked for. */
interface AuditLine {
  at: string;
  who?: string;
  role?: string;
  from: string;
  method: string;
  path: string;
  asked?: string;
  code: number;
}

/** The holder of a token, or of certificates, and what he may write. */
interface AccessHolder {
  name: string;
  role: string;
  write: { instances?: string[]; jobs?: string[]; metrics?: string[] };
}
