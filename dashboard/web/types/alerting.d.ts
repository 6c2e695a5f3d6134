// What the API of alerting sends.

/** metric.AlertAck: who takes care. */
interface AlertAck {
  by: string;
  note?: string;
  at: string;
  until: string;
  sticky?: boolean;
}

/** metric.AlertHold: why nobody new is told. */
interface AlertHold {
  kind: string;
  text: string;
  until?: string;
}

/** ledger.Told: one message, and what became of it. */
interface AlertMessage {
  episode: number;
  contact: string;
  route: string;
  event: string;
  update?: string;
  status: "queued" | "sent" | "failed" | "dropped";
  attempts: number;
  queued: string;
  sent?: string;
  answered?: string;
  error?: string;
}

/** ledger.Episode: one trouble from its begin to its end. */
interface Episode {
  id: number;
  alert_id: string;
  name: string;
  severity: Severity;
  labels?: Labels;
  summary: string;
  began: string;
  hard: string;
  ended?: string;
  end?: string;
  acked?: string;
  acked_by?: string;
  acted?: string;
  messages: number;
}

/** alerting.Detail: all that is known of one alert. */
interface AlertDetail {
  alert?: Alert;
  runbook?: string;
  history: AlertEvent[];
  messages: AlertMessage[];
  episodes: Episode[];
}

/** One stretch of time; without an end it is for ever. */
interface HoldWindow {
  from: string;
  until?: string;
}

/** A silence or a downtime. */
interface Hold {
  id: number;
  /** Of the configuration: it cannot be ended here. */
  name?: string;
  kind: "silence" | "downtime";
  match?: string;
  all?: boolean;
  from?: string;
  until?: string;
  flexible?: string;
  triggered?: string;
  /** It recurs at these. */
  times?: string[];
  timezone?: string;
  by?: string;
  note?: string;
  active: boolean;
  /** The next ones, the first of which may be open. */
  windows: HoldWindow[];
  /** Those that it picks now, whether it is active or not. */
  alerts: { id: string; name: string }[];
}

interface Shift {
  contact: string;
  from: string;
  until: string;
  override?: boolean;
}

/** alerting.OnCall: who of a rota is on call. */
interface OnCall {
  rota: string;
  contact: string;
  shifts?: Shift[];
}

/** rota.Override: somebody in the place of the one whose turn it is. */
interface Override {
  id: number;
  rota: string;
  contact: string;
  from: string;
  until: string;
  by?: string;
  note?: string;
}

/** prune.Window: what the episodes of a rule were good for. */
interface RuleWindow {
  days: number;
  episodes: number;
  acked_share: number;
  acted_share: number;
  self_resolved_share: number;
  night: number;
  duplicates: number;
  told: number;
  page_minutes: number;
}

interface RuleStats {
  rule: string;
  windows: RuleWindow[];
}

/** prune.Suggestion: what somebody may want to change. */
interface Suggestion {
  id: string;
  rule: string;
  kind: string;
  text: string;
  change: string;
  evidence?: { numbers?: Record<string, number>; episodes?: { began: string; hard: string; ended?: string; labels?: Labels }[] };
  confidence: number;
}
