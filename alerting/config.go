package alerting

import (
	"context"
	"log/slog"
	"net"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/alerting/check"
	"plimsoll/alerting/depend"
	"plimsoll/alerting/handler"
	"plimsoll/alerting/hold"
	"plimsoll/alerting/match"
	"plimsoll/alerting/notify"
	"plimsoll/alerting/period"
	"plimsoll/alerting/policy"
	"plimsoll/alerting/quorum"
	"plimsoll/alerting/rota"
	"plimsoll/alerting/rule"
	"plimsoll/alerting/state"
	"plimsoll/internal/metric"
)

// Config is what to look at, what is trouble, and who is told. Start from
// Default.
type Config struct {
	Checks   []check.Config   `yaml:"checks"`
	Rules    []rule.Config    `yaml:"rules"`
	Contacts []notify.Contact `yaml:"contacts"`
	// RuleFiles are evaluated as Prometheus does.
	RuleFiles RuleFiles `yaml:",inline"`
	// Periods are times that others name, and Rotas who is on call.
	Periods []period.Config `yaml:"periods"`
	Rotas   []rota.Config   `yaml:"rotas"`
	// Downtimes are planned work.
	Downtimes []hold.Config `yaml:"downtimes"`
	// Services are judged by their members, and Dependencies say what is not
	// told of while something else is down.
	Services     []quorum.Config `yaml:"services"`
	Dependencies []depend.Config `yaml:"dependencies"`
	// DependencyWait is how long the trouble of what depends on something waits
	// for that to be looked at.
	DependencyWait time.Duration `yaml:"dependency_wait"`
	// Routes say who is told of what; those that name contacts themselves are
	// not asked. Without any, every contact is told of all but information.
	Routes []policy.Route `yaml:"routes"`
	// Grouping joins messages.
	Grouping Grouping `yaml:"grouping"`
	// Acknowledge bounds how long an acknowledgement holds.
	Acknowledge policy.AckLimits `yaml:"acknowledge"`
	// DefaultRules adds DefaultRules, but for those of a name that Rules has.
	DefaultRules bool `yaml:"default_rules"`
	// Passive says how the results of checks that others make are taken.
	Passive Passive `yaml:"passive"`
	// Events bounds what is kept of the events that others tell of.
	Events Events `yaml:"events"`
	// Handlers bounds what event handlers may do.
	Handlers handler.Limits `yaml:"handlers"`
	// GiveUpAfter is how long a message is tried before it is given up.
	GiveUpAfter time.Duration `yaml:"retry_messages_for"`
	// FallOverAfter is how long a message waits until its route counts as dead,
	// and the fallback of the contact is told.
	FallOverAfter time.Duration `yaml:"fall_over_after"`
	// Concurrency bounds how many checks, and how many rules, run at a time.
	Concurrency int `yaml:"alert_concurrency"`
	// Heartbeat is asked while alerts are evaluated.
	Heartbeat notify.Heartbeat `yaml:"heartbeat"`
	// HistoryAge and HistoryRows bound the history.
	HistoryAge  time.Duration `yaml:"event_age"`
	HistoryRows int           `yaml:"event_rows"`
	// DashboardURL stands in messages, for those who want to know more.
	DashboardURL string `yaml:"dashboard_url"`

	noisy map[string]bool // default rules that begin as information

	// Dir is where the database is kept; one engine at a time.
	Dir string `yaml:"-"`
	// Querier answers the rules' expressions.
	Querier metric.Querier `yaml:"-"`
	// Hosts are those whose life is watched; nil: nobody watches.
	Hosts func() []metric.Host `yaml:"-"`
	// Sink gets the checks' results as series; nil: nobody wants them.
	Sink       metric.Sink           `yaml:"-"`
	Registerer prometheus.Registerer `yaml:"-"`
	Logger     *slog.Logger          `yaml:"-"`
	// Picture draws the chart of an alert as a PNG; nil: messages have none.
	Picture func(context.Context, Chart) ([]byte, error) `yaml:"-"`
	// Dialer opens the connections of checks and messages; nil: the system's.
	Dialer interface {
		check.Dialer
		notify.Dialer
	} `yaml:"-"`
	// Clock tells the time; nil: time.Now.
	Clock func() time.Time `yaml:"-"`

	artist   *artist // of the engine
	anyValue bool    // of a Trial, whose series are in memory
	stage    Stage   // of a Rehearsal; nil: in earnest
}

// Grouping says how messages to people are joined; see ledger.Folding.
type Grouping struct {
	// By are the labels that messages have in common to be joined.
	By      []string      `yaml:"by"`
	Wait    time.Duration `yaml:"wait"`
	MaxWait time.Duration `yaml:"max_wait"`
	Storm   int           `yaml:"storm"`
}

// Passive configures all passive checks: those whose results others send.
type Passive struct {
	// Freshness is the silence after which a check is unknown, and NoData how
	// long it is kept then.
	Freshness time.Duration `yaml:"freshness"`
	NoData    time.Duration `yaml:"no_data"`
	// Checks say otherwise for checks of some names; the first that fits counts.
	Checks []PassiveCheck `yaml:"checks"`
	// Max bounds how many there are; the results of further ones are refused.
	Max int `yaml:"max"`
	// MaxAttempts bad results in a row make a check hard.
	MaxAttempts int              `yaml:"max_attempts"`
	Flapping    state.Thresholds `yaml:"flapping"`
	// Contacts are told of all of them; nil: every contact is.
	Contacts []string `yaml:"contacts"`
}

// Events bounds the events that are kept.
type Events struct {
	Age  time.Duration `yaml:"age"`
	Rows int           `yaml:"rows"`
	// SameWithin is how near events with one key are one event.
	SameWithin time.Duration `yaml:"same_within"`
}

// Default returns a configuration that watches what every host reports and
// tells nobody: the page and the history show it.
func Default() Config {
	return Config{
		DefaultRules:   true,
		Handlers:       handler.Default(),
		RuleFiles:      RuleFiles{EvaluationInterval: time.Minute},
		GiveUpAfter:    24 * time.Hour,
		FallOverAfter:  5 * time.Minute,
		Heartbeat:      notify.Heartbeat{Every: time.Minute, Method: "GET", Timeout: 10 * time.Second},
		Concurrency:    64,
		Grouping:       Grouping{By: []string{match.Name}, Wait: 30 * time.Second, MaxWait: 5 * time.Minute, Storm: 20},
		DependencyWait: 30 * time.Second,
		Acknowledge:    policy.DefaultAckLimits(),
		HistoryAge:     400 * 24 * time.Hour,
		HistoryRows:    200_000,
		Passive:        Passive{Freshness: 10 * time.Minute, NoData: time.Hour, Max: 10_000, MaxAttempts: 1, Flapping: state.Thresholds{}.WithDefaults()},
		Events:         Events{Age: 400 * 24 * time.Hour, Rows: 50_000, SameWithin: time.Minute},
	}
}

// withDefaults returns c with what was left out filled in, the parts too.
func (c Config) withDefaults() Config {
	c.Checks, c.Rules = slices.Clone(c.Checks), slices.Clone(c.Rules)
	c.Services = slices.Clone(c.Services)
	for i := range c.Checks {
		c.Checks[i] = c.Checks[i].WithDefaults()
	}
	if c.DefaultRules {
		c.Rules = append(c.Rules, c.missingDefaults()...)
	}
	for i := range c.Rules {
		c.Rules[i] = c.Rules[i].WithDefaults()
	}
	for i := range c.Services {
		c.Services[i] = c.Services[i].WithDefaults()
	}
	c.Passive.Flapping = c.Passive.Flapping.WithDefaults()
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Dialer == nil {
		c.Dialer = &net.Dialer{}
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	return c
}
