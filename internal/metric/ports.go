package metric

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
)

// A Sink accepts samples. When Put returns nil, or a *RefusedError, every
// sample that was not refused survives a crash of the process and can be read
// at once. On any other error nothing of the batch is acknowledged, and the
// caller keeps it. Put does not keep the slice.
type Sink interface {
	Put(ctx context.Context, samples []Sample) error
}

// RefusedError reports samples that a Sink will never accept, for what they
// hold; all others of the batch were accepted.
type RefusedError struct {
	// Reasons counts the refused samples by reason: "late", "future",
	// "not finite", "series limit", …
	Reasons map[string]int
	// First is one refused sample, for the message.
	First Sample
}

// Count returns how many samples were refused.
func (e *RefusedError) Count() int {
	n := 0
	for _, c := range e.Reasons {
		n += c
	}
	return n
}

func (e *RefusedError) Error() string {
	var reasons []string
	for _, reason := range slices.Sorted(maps.Keys(e.Reasons)) {
		reasons = append(reasons, fmt.Sprintf("%s: %d", reason, e.Reasons[reason]))
	}
	return fmt.Sprintf("%d samples refused (%s), the first of them %s at %s",
		e.Count(), strings.Join(reasons, ", "), e.First.Labels, Time(e.First.At).Format(time.RFC3339))
}

// Refuse counts one refused sample and returns e, made if it was nil.
func (e *RefusedError) Refuse(s Sample, reason string) *RefusedError {
	if e == nil {
		e = &RefusedError{Reasons: map[string]int{}, First: s}
	}
	e.Reasons[reason]++
	return e
}

// With returns e with what other counted, which may be nil, as e may.
func (e *RefusedError) With(other *RefusedError) *RefusedError {
	if e == nil || other == nil {
		return cmp.Or(e, other)
	}
	for reason, n := range other.Reasons {
		e.Reasons[reason] += n
	}
	return e
}

// OrNil returns e as an error, and nil for no refusal at all.
func (e *RefusedError) OrNil() error {
	if e == nil {
		return nil
	}
	return e
}

// ErrBadQuery marks a query that can never be answered, because of what it
// says; ErrTooMuch one that goes past a limit; ErrExecution one that is well
// formed but does not fit the data, such as a many-to-many match.
var (
	ErrBadQuery  = errors.New("bad query")
	ErrTooMuch   = errors.New("query exceeds a limit")
	ErrExecution = errors.New("query execution")
)

// Query is a PromQL question about the instants Start, Start+Step, … ≤ End. A
// zero Step asks about the one instant End.
type Query struct {
	Expr       string
	Start, End time.Time
	Step       time.Duration
}

// ResultType is the type of a PromQL value.
type ResultType string

// The types of PromQL values, as Prometheus' HTTP API writes them.
const (
	Scalar ResultType = "scalar"
	Vector ResultType = "vector"
	Matrix ResultType = "matrix"
	String ResultType = "string"
)

// Point is a value at an instant, in Unix milliseconds.
type Point struct {
	At    int64
	Value float64
}

// Series is a label set with its points, oldest first.
type Series struct {
	Labels labels.Labels
	Points []Point
}

// Result is the answer to a Query. A vector's series have one point each; a
// scalar is one series without labels; a string has Text and one point.
type Result struct {
	Type     ResultType
	Series   []Series
	Text     string
	Warnings []string
	Infos    []string
	// Resolution is the step of the coarsest rows that the answer was made of; 0:
	// the finest there are.
	Resolution time.Duration
}

// Selection picks series that have a point between Start and End and match all
// matchers of at least one of Sets. No sets select everything.
type Selection struct {
	Sets       [][]*labels.Matcher
	Start, End time.Time
	Limit      int // 0: none
}

// A Querier answers questions about what was Put.
type Querier interface {
	Query(ctx context.Context, q Query) (Result, error)
	Series(ctx context.Context, sel Selection) ([]labels.Labels, error)
	LabelNames(ctx context.Context, sel Selection) ([]string, error)
	LabelValues(ctx context.Context, name string, sel Selection) ([]string, error)
}

// Tee is a Sink that keeps samples in Store and, when that accepted them, shows
// them to Live, whose errors do not matter to the sender.
type Tee struct{ Store, Live Sink }

// Put implements Sink.
func (t Tee) Put(ctx context.Context, samples []Sample) error {
	err := t.Store.Put(ctx, samples)
	var refused *RefusedError
	if err == nil || errors.As(err, &refused) {
		_ = t.Live.Put(ctx, samples) // the live window counts what it refuses
	}
	return err
}
