package rrdstore

import (
	"context"
	"encoding/json"
	"fmt"
	"math"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
	"plimsoll/rrdstore/rrdfile"
)

// FetchRequest asks for stored rows, as `rrdtool fetch` does. Times and the
// resolution are in seconds.
type FetchRequest struct {
	Matchers   []*labels.Matcher
	CF         string // AVERAGE, MIN, MAX
	Resolution int64  // wanted distance of rows; 0: the finest
	Start, End int64
	// MaxValues is how many values, unknown ones too, the answer may have in
	// all; 0: a million.
	MaxValues int64
}

const maxFetchValues = 1_000_000

// FetchedRow is a row with the second at which it ends.
type FetchedRow struct {
	At     int64
	Values []float64 // NaN: unknown
}

// MarshalJSON writes [at, [values]], unknown ones as null.
func (r FetchedRow) MarshalJSON() ([]byte, error) {
	values := make([]*float64, len(r.Values))
	for i := range r.Values {
		if !math.IsNaN(r.Values[i]) {
			values[i] = &r.Values[i]
		}
	}
	return json.Marshal([]any{r.At, values})
}

// FetchedSeries are the rows of one archive.
type FetchedSeries struct {
	Labels map[string]string `json:"labels"`
	File   string            `json:"file"` // below the data directory
	DS     []string          `json:"ds"`
	Step   int64             `json:"step"` // seconds
	Rows   []FetchedRow      `json:"rows"`
}

// Fetch returns rows exactly as the archives hold them, and as they will once
// what waits is written; an archive that was not yet made is left out. A timing
// is matched by its own name or by any it is read under. An answer with too many
// values is metric.ErrTooMuch, and nothing is read.
func (s *Store) Fetch(ctx context.Context, req FetchRequest) ([]FetchedSeries, error) {
	found := s.matching(req.Matchers)
	if err := s.checkSize(ctx, found, req); err != nil {
		return nil, err
	}
	var out []FetchedSeries
	for _, sr := range found {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		err := s.withRows(sr, req, func(r stored) error {
			rows, err := r.file.Fetch(r.rra, r.from, r.to, r.pending)
			out = append(out, fetched(sr, r.path, r.file.Schema(), rows))
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// checkSize counts the values that are asked for, as far as the limit.
func (s *Store) checkSize(ctx context.Context, found []*series, req FetchRequest) error {
	limit := req.MaxValues
	if limit == 0 {
		limit = maxFetchValues
	}
	sum := int64(0)
	for i, sr := range found {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := s.withRows(sr, req, func(r stored) error {
			sum += r.values()
			return nil
		})
		if err != nil {
			return err
		}
		if sum > limit {
			return fmt.Errorf("fetch of %d series: the first %d alone have %d values, more than %d; ask for fewer series, a shorter time or a coarser resolution: %w",
				len(found), i+1, sum, limit, metric.ErrTooMuch)
		}
	}
	return nil
}

// matching returns the series of the views that match, and matching timings.
func (s *Store) matching(ms []*labels.Matcher) []*series {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var found []*series
	seen := map[*series]bool{}
	add := func(sr *series) {
		if !seen[sr] {
			seen[sr] = true
			found = append(found, sr)
		}
	}
	for _, v := range s.index.find(ms) {
		add(v.series)
	}
	for _, sr := range s.timings {
		if matchAll(sr.labels, ms) {
			add(sr)
		}
	}
	return found
}

// stored are the rows of one open archive that a request asks for: those with
// from < end ≤ to, in seconds.
type stored struct {
	path     string
	file     archiveFile
	rra      int
	from, to int64
	pending  []rrdfile.Point
}

// withRows calls do with the archive of a series that answers a request, if
// there is one.
func (s *Store) withRows(sr *series, req FetchRequest, do func(stored) error) error {
	tier := 0
	if sr.kind == metric.Timing {
		tier = s.timingTier(sr.class.Tiers, req)
	}
	a := &s.memory(sr).archives[tier]
	_, err := s.withFile(a, func(f archiveFile) error {
		pending := a.points.Since(0)
		rra := matchRRA(f, req, pending)
		if rra < 0 {
			return nil
		}
		step := f.Schema().RRA[rra].Steps * f.Schema().Step
		return do(stored{s.path(a.archive), f, rra, floorTo(req.Start, step), floorTo(req.End, step) + step, pending})
	})
	return err
}

// values is how many values the rows have.
func (r *stored) values() int64 {
	schema := r.file.Schema()
	rra := schema.RRA[r.rra]
	step := rra.Steps * schema.Step
	newest := r.file.LastRow(r.rra, r.pending)
	rows := (min(r.to, newest) - max(r.from, newest-rra.Rows*step)) / step
	return max(rows, 0) * int64(len(schema.DS))
}

func fetched(sr *series, path string, schema *rrdfile.Schema, rows rrdfile.Rows) FetchedSeries {
	out := FetchedSeries{
		Labels: sr.labels.Map(), File: path, Step: rows.Step,
		Rows: make([]FetchedRow, 0, len(rows.Values)/max(rows.DS, 1)),
	}
	for _, d := range schema.DS {
		out.DS = append(out.DS, d.Name)
	}
	for _, r := range splitRows(rows) {
		out.Rows = append(out.Rows, FetchedRow{At: r.at / 1000, Values: r.values})
	}
	return out
}

// timingTier chooses among the files of a timing as matchRRA does in one file.
func (s *Store) timingTier(tiers []Tier, req FetchRequest) int {
	best, covers := 0, false
	now := s.cfg.Now().Unix()
	for i, t := range tiers {
		full := now-t.rows()*t.seconds() <= req.Start
		nearer := distance(t.seconds(), req.Resolution) < distance(tiers[best].seconds(), req.Resolution)
		if full && (!covers || nearer) || !covers && !full {
			best, covers = i, full
		}
	}
	return best
}

// matchRRA chooses an archive as librrd does (rrdtool-1.x src/rrd_fetch.c):
// among those that reach back to the start the one whose step is nearest to the
// resolution, or else the one that reaches back farthest. Rows of one step are
// good for every function: it has nothing to consolidate.
func matchRRA(f archiveFile, req FetchRequest, pending []rrdfile.Point) int {
	schema := f.Schema()
	best, covers, bestDiff, bestStart := -1, false, int64(0), int64(0)
	for i, r := range schema.RRA {
		if r.CF != req.CF && r.Steps > 1 {
			continue
		}
		step := r.Steps * schema.Step
		start := f.LastRow(i, pending) - r.Rows*step
		full, diff := start <= req.Start, distance(step, req.Resolution)
		better := best < 0 || full && !covers ||
			full && diff < bestDiff || !full && !covers && start < bestStart
		if better {
			best, covers, bestDiff, bestStart = i, full, diff, start
		}
	}
	return best
}

func distance(a, b int64) int64 { return max(a-b, b-a) }
