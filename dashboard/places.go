package dashboard

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"plimsoll/internal/metric"
	"plimsoll/internal/query"
)

// lightReach is how far a light query may reach back in all: a day, and before it
// what a rate looks back at.
const lightReach = 25 * time.Hour

// places are those that queries run in. A heavy query may take every other one
// only: the rest is for those that are soon done, however many heavy ones wait.
type places struct {
	all   chan struct{} // one token for each running query
	heavy chan struct{} // and one for each that is heavy
}

func newPlaces(n int) places {
	return places{all: make(chan struct{}, n), heavy: make(chan struct{}, max(1, n/2))}
}

// take waits for a place, until ctx ends; the caller gives it back with leave.
func (p places) take(ctx context.Context, heavy bool) (leave func(), err error) {
	if heavy {
		if err := enter(ctx, p.heavy); err != nil {
			return nil, err
		}
	}
	if err := enter(ctx, p.all); err != nil {
		if heavy {
			<-p.heavy
		}
		return nil, err
	}
	return func() {
		<-p.all
		if heavy {
			<-p.heavy
		}
	}, nil
}

// enter puts a token into room. Where there is room it does so even if ctx has just
// ended: what is done with it then says where its time ended, which a choice
// between the two by chance would not.
func enter(ctx context.Context, room chan struct{}) error {
	select {
	case room <- struct{}{}:
		return nil
	default:
	}
	select {
	case room <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for a place: all of %d are taken: %w", cap(room), ctx.Err())
	}
}

// light is what is asked of a route that reads no samples.
func light(params) bool { return false }

// heavy is what looks at all series.
func heavy(params) bool { return true }

// heavy tells whether the query reaches far back, or for metrics that it does not
// name: that is all that can be known of its cost before it runs. One that is
// wrong is light, as it ends at once.
func (p params) heavy() bool {
	var span time.Duration
	if q, err := p.rangeQuery(); err == nil {
		span = q.End.Sub(q.Start)
	}
	return heavyQuery(p.Get("query"), span)
}

// heavyQuery is params.heavy for an expression that is asked over a span.
func heavyQuery(text string, span time.Duration) bool {
	expr, err := query.NewParser().ParseExpr(text)
	if err != nil {
		return false
	}
	heavy := false
	parser.Inspect(expr, func(n parser.Node, above []parser.Node) error {
		if s, is := n.(*parser.VectorSelector); is {
			heavy = heavy || !namesMetric(s.LabelMatchers) || span+reach(above) > lightReach
		}
		return nil
	})
	return heavy
}

// reach is how far back a selector is read below the nodes above it.
func reach(above []parser.Node) (sum time.Duration) {
	for _, n := range above {
		switch n := n.(type) {
		case *parser.MatrixSelector:
			sum += n.Range
		case *parser.SubqueryExpr:
			sum += n.Range
		}
	}
	return sum
}

func namesMetric(ms []*labels.Matcher) bool {
	for _, m := range ms {
		if m.Name == metric.NameLabel && m.Type == labels.MatchEqual && m.Value != "" {
			return true
		}
	}
	return false
}

// heavy is params.heavy for stored rows.
func (r FetchRequest) heavy() bool {
	return !namesMetric(r.Matchers) || r.End.Sub(r.Start) > lightReach
}
