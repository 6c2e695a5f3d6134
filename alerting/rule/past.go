package rule

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/alerting/state"
	"plimsoll/internal/metric"
)

// A Past answers a rule's expressions at instants that lie a step apart, from
// one range query for each expression: what a rule would have seen, had it
// looked then. One goroutine uses it, with instants that ascend.
type Past struct {
	rule       *Rule
	q          metric.Querier
	start, end time.Time
	step       time.Duration
	answers    map[string]*track            // by expression
	labels     map[string]map[string]string // of sightings, by key
	seen       map[string]Sighting          // of a rule file's rule, by key of the series
	points     int

	foreseen   []Sighting // of a rule that looks ahead, at foreseenAt
	foreseenAt time.Time
}

// Past asks what Expr gave at start, start+step, … ≤ end. The other expressions
// are asked when an instance needs them.
func (r *Rule) Past(ctx context.Context, q metric.Querier, start, end time.Time, step time.Duration) (*Past, error) {
	p := &Past{
		rule: r, q: q, start: start, end: end, step: step,
		answers: map[string]*track{}, labels: map[string]map[string]string{}, seen: map[string]Sighting{},
	}
	if r.RunsOut != nil { // it asks about a span of its own at each look
		return p, nil
	}
	if _, err := p.track(ctx, r.Expr, start); err != nil {
		return nil, fmt.Errorf("expr: %w", err)
	}
	return p, nil
}

// Points is how many points all answers have.
func (p *Past) Points() int { return p.points }

// Look is Rule.Look at an instant of the past. Its sightings have no summary.
func (p *Past) Look(ctx context.Context, at time.Time, known map[string]map[string]string) ([]Sighting, error) {
	if p.rule.RunsOut != nil {
		return p.lookAhead(ctx, at, known)
	}
	if p.rule.Prometheus != nil {
		return p.lookAsPrometheus(ctx, at, known)
	}
	return p.rule.judge(known, p.bad, func(expr string) (answer, error) {
		t, err := p.track(ctx, expr, at)
		return moment{t, at.UnixMilli()}, err
	})
}

// lookAhead looks anew when there is a new point: within the distance of two, a
// trend says the same, and it costs more than all other kinds of looks. All that
// is known was in the last look: it was known then, or became so by it.
func (p *Past) lookAhead(ctx context.Context, at time.Time, known map[string]map[string]string) ([]Sighting, error) {
	if !p.foreseenAt.IsZero() && at.Sub(p.foreseenAt) < p.rule.RunsOut.step() {
		return p.foreseen, nil
	}
	found, err := p.rule.lookAhead(ctx, p.q, at, known)
	if err == nil {
		p.foreseen, p.foreseenAt = found, at
	}
	return found, err
}

func (p *Past) bad(e element) Sighting {
	all, ok := p.labels[e.key]
	if !ok {
		all = p.rule.allLabels(e)
		p.labels[e.key] = all
	}
	s := Sighting{Key: e.key, Labels: all, Verdict: state.Bad, Value: finite(e.value)}
	if p.rule.grade != nil {
		s.Severity = p.rule.grade(e.value)
	}
	return s
}

// track returns the answer to expr, which is asked from an instant on if it was
// not before.
func (p *Past) track(ctx context.Context, expr string, from time.Time) (*track, error) {
	if t := p.answers[expr]; t != nil {
		return t, nil
	}
	res, err := p.q.Query(ctx, metric.Query{Expr: expr, Start: from, End: p.end, Step: p.step})
	if err != nil {
		return nil, err
	}
	if res.Type != metric.Matrix {
		return nil, fmt.Errorf("%q gave a %s: %w", expr, res.Type, metric.ErrBadQuery)
	}
	t, err := newTrack(expr, res.Series)
	if err != nil {
		return nil, err
	}
	p.answers[expr] = t
	for i := range t.inOrder {
		p.points += len(t.inOrder[i].points)
	}
	return t, nil
}

// track is the answer to a range query, read from its begin to its end.
type track struct {
	inOrder []*line
	byKey   map[string]*line
}

// line is one instance of a track; points before at lie behind.
type line struct {
	key    string
	labels labels.Labels
	points []metric.Point
	at     int
}

func newTrack(expr string, series []metric.Series) (*track, error) {
	t := &track{byKey: make(map[string]*line, len(series))}
	for _, s := range series {
		key, lbls := identify(s.Labels)
		l := t.byKey[key]
		if l == nil {
			l = &line{key: key, labels: lbls, points: s.Points}
			t.byKey[key], t.inOrder = l, append(t.inOrder, l)
			continue
		}
		if err := l.join(expr, s.Points); err != nil { // series that differ in name follow one another
			return nil, err
		}
	}
	return t, nil
}

func (l *line) join(expr string, more []metric.Point) error {
	l.points = append(slices.Clone(l.points), more...)
	slices.SortFunc(l.points, func(a, b metric.Point) int { return cmp.Compare(a.At, b.At) })
	for i := 1; i < len(l.points); i++ {
		if l.points[i].At == l.points[i-1].At {
			return twiceError(expr, l.key)
		}
	}
	return nil
}

// point returns the value at an instant in ms, which is none before those asked
// for so far.
func (l *line) point(at int64) (float64, bool) {
	for l.at < len(l.points) && l.points[l.at].At < at {
		l.at++
	}
	if l.at == len(l.points) || l.points[l.at].At != at {
		return 0, false
	}
	return l.points[l.at].Value, true
}

// moment is a track at an instant.
type moment struct {
	*track
	at int64
}

func (m moment) each(do func(element)) {
	for _, l := range m.inOrder {
		if v, ok := l.point(m.at); ok {
			do(element{l.key, l.labels, v})
		}
	}
}

func (m moment) find(key string) (element, bool) {
	l := m.byKey[key]
	if l == nil {
		return element{}, false
	}
	v, ok := l.point(m.at)
	return element{l.key, l.labels, v}, ok
}
