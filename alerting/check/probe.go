package check

import (
	"context"
	"net"
	"time"

	"plimsoll/internal/metric"
)

// A Dialer opens connections; *net.Dialer is one.
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// Means are what checks look with.
type Means struct {
	Dialer Dialer
	// Querier knows what agents tell.
	Querier metric.Querier
	// Clock tells the time, and how long things take.
	Clock func() time.Time
}

// Result is what one probe found.
type Result struct {
	// State is OK, Warning, Critical or Unknown.
	State metric.Severity
	// Summary says in one line what was seen.
	Summary string
	// Perf are numbers that were measured on the way.
	Perf []Perf
	// Err says that nothing could be looked at, for the series could not be asked:
	// nothing else is set then, and nothing is known of the service.
	Err error
}

// Perf is a number that a probe measured, as a series of that name.
type Perf struct {
	Name string
	Kind metric.Kind
	// Pairs are further labels of it and their values, in turn.
	Pairs []string
	Value float64
}

// prober looks once. It returns soon after ctx ends.
type prober func(context.Context) Result

// A Check is ready to probe its service, from one goroutine or many.
type Check struct {
	// Target is what the check looks at: a URL, or host:port, or words.
	Target  string
	timeout time.Duration
	probe   prober
}

// New returns the check that c, which is valid and has its defaults, describes.
func New(c Config, m Means) *Check {
	k := c.kinds()[0]
	a := k.about()
	return &Check{Target: a.target, timeout: a.timeout, probe: k.prober(m)}
}

// Probe looks once. It returns at the check's timeout at the latest.
func (c *Check) Probe(ctx context.Context) Result {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	r := c.probe(ctx)
	r.Summary = clip(r.Summary)
	return r
}
