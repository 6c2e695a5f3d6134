package app

import (
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"

	"plimsoll/internal/metric"
	"plimsoll/internal/query"
	"plimsoll/internal/total"
	"plimsoll/rrdstore"
)

// History is a part of the history of some series: all points with
// From < At ≤ To of as many whole series as fit a page, in the order of their
// names. Without To it is the plan of what there is.
type History struct {
	// Slices are the parts of time that the resolutions of the archives make,
	// oldest first; only of a plan.
	Slices []HistorySlice `json:"slices,omitempty"`
	// Last is the last series that was looked at; the next page begins after it.
	// More says that there is one.
	Last   string `json:"last,omitempty"`
	More   bool   `json:"more,omitempty"`
	Series int    `json:"series"` // that the selector matches
}

// HistorySlice is a part of time, in ms, without its begin.
type HistorySlice struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// HistorySeries is a series of a page, as VictoriaMetrics writes it: a line for
// each; null is a stale marker.
type HistorySeries struct {
	Metric     map[string]string `json:"metric"`
	Values     []HistoryValue    `json:"values"`
	Timestamps []int64           `json:"timestamps"`
}

// HistoryValue is a number that JSON may have no way to write.
type HistoryValue float64

// MarshalJSON implements json.Marshaler.
func (v HistoryValue) MarshalJSON() ([]byte, error) {
	switch f := float64(v); {
	case math.IsNaN(f):
		return []byte("null"), nil
	case math.IsInf(f, 1):
		return []byte(`"Infinity"`), nil
	case math.IsInf(f, -1):
		return []byte(`"-Infinity"`), nil
	default:
		return strconv.AppendFloat(nil, f, 'g', -1, 64), nil
	}
}

// UnmarshalJSON implements json.Unmarshaler.
func (v *HistoryValue) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case "null":
		*v = HistoryValue(math.Float64frombits(value.StaleNaN))
		return nil
	case `"Infinity"`, `"-Infinity"`:
		*v = HistoryValue(math.Inf(map[bool]int{true: 1, false: -1}[b[1] == 'I']))
		return nil
	}
	f, err := strconv.ParseFloat(string(b), 64)
	*v = HistoryValue(f)
	return err
}

// pagePoints is about how many points a page has, unless less is asked for.
const pagePoints = 500_000

// history gives a page of points, or the plan, or with totals what counters and
// timings have counted, as total.Series.
func (m maintenance) history(ctx context.Context, ask url.Values, _ io.Reader, tell func(any)) (any, error) {
	ms, err := selector(ask.Get("match"))
	if err != nil {
		return nil, err
	}
	if ask.Get("totals") == "true" {
		for _, t := range slices.Collect(iter.Seq[total.Series](m.archives.Totals)) {
			tell(t)
		}
		return History{}, ctx.Err()
	}
	var window [2]int64
	for i, key := range []string{"from", "to"} {
		if text := ask.Get(key); text != "" {
			if window[i], err = strconv.ParseInt(text, 10, 64); err != nil {
				return nil, fmt.Errorf("%w: %s: %q is no Unix time in milliseconds", metric.ErrBadQuery, key, text)
			}
		}
	}
	if len(ms) == 0 {
		ms = []*labels.Matcher{labels.MustNewMatcher(labels.MatchNotEqual, metric.NameLabel, "")}
	}
	p := page{ms: ms, from: window[0], to: window[1], tell: tell, left: pagePoints}
	if err := p.begin(ask); err != nil {
		return nil, err
	}
	if p.to == 0 {
		now := time.Now()
		p.from, p.to = 0, now.UnixMilli()
		n, err := p.count(ctx, m.archives)
		return History{Slices: m.slices(now), Series: n}, err
	}
	return p.read(ctx, m.archives)
}

// page is a page in the making.
type page struct {
	ms       []*labels.Matcher
	from, to int64
	after    labels.Labels // the page begins behind it
	tell     func(any)
	left     int
}

// begin reads where the page begins and how many points it may have.
func (p *page) begin(ask url.Values) (err error) {
	if text := ask.Get("after"); text != "" {
		if p.after, err = query.NewParser().ParseMetric(text); err != nil {
			return fmt.Errorf("%w: after: %q: %w", metric.ErrBadQuery, text, err)
		}
	}
	if text := ask.Get("limit"); text != "" {
		if p.left, err = strconv.Atoi(text); err != nil || p.left <= 0 || p.left > pagePoints {
			return fmt.Errorf("%w: limit: %q is not a number from 1 to %d", metric.ErrBadQuery, text, pagePoints)
		}
	}
	return nil
}

func (p *page) count(ctx context.Context, from *rrdstore.Store) (n int, err error) {
	q, err := from.Querier(p.from, p.to)
	if err != nil {
		return 0, err
	}
	defer q.Close()
	set := q.Select(ctx, false, nil, p.ms...)
	for set.Next() {
		n++
	}
	return n, set.Err()
}

func (p *page) read(ctx context.Context, from *rrdstore.Store) (History, error) {
	q, err := from.Querier(p.from+1, p.to)
	if err != nil {
		return History{}, err
	}
	defer q.Close()
	var out History
	set := q.Select(ctx, true, nil, p.ms...)
	for set.Next() {
		l := set.At().Labels()
		if labels.Compare(l, p.after) <= 0 {
			continue
		}
		if p.left <= 0 {
			out.More = true
			return out, nil
		}
		out.Last = l.String()
		if err := p.series(set.At()); err != nil {
			return out, err
		}
		out.Series++
	}
	return out, set.Err()
}

func (p *page) series(of storage.Series) error {
	s := HistorySeries{Metric: of.Labels().Map()}
	it := of.Iterator(nil)
	for it.Next() != 0 {
		at, v := it.At()
		s.Timestamps, s.Values = append(s.Timestamps, at), append(s.Values, HistoryValue(v))
	}
	if len(s.Values) > 0 {
		p.left -= len(s.Values)
		p.tell(s)
	}
	return it.Err()
}

const (
	sliceParts  = 4                // of the time that a resolution is the finest
	sliceMargin = 20               // of which part of it is left to the coarser one, as rows go while work lasts
	leastMargin = 10 * time.Minute // of that
)

// slices cuts the past where one of the resolutions ends, and in between, so that
// each part is read at the finest one that reaches back to its begin. Cuts lie on
// the ends of rows of the coarser one.
func (m maintenance) slices(now time.Time) []HistorySlice {
	ends := map[time.Duration]time.Duration{} // of a resolution: the step of what is behind it
	for _, tiers := range m.archives.Ladders() {
		for i, t := range tiers[:len(tiers)-1] {
			ends[t.Keep] = max(ends[t.Keep], tiers[i+1].Step)
		}
		oldest := tiers[len(tiers)-1]
		ends[oldest.Keep] = max(ends[oldest.Keep], oldest.Step)
	}
	cuts := []int64{now.UnixMilli()}
	younger := time.Duration(0)
	for _, keep := range slices.Sorted(maps.Keys(ends)) {
		reach := keep - max(keep/sliceMargin, min(leastMargin, keep/2))
		for part := 1; part <= sliceParts; part++ {
			age := younger + (reach-younger)*time.Duration(part)/sliceParts
			step := ends[keep].Milliseconds()
			at := now.Add(-age).UnixMilli()
			cuts = append(cuts, (at+step-1)/step*step)
		}
		younger = reach
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	out := []HistorySlice{{0, cuts[0]}}
	for i, to := range cuts[1:] {
		out = append(out, HistorySlice{cuts[i], to})
	}
	return out
}
