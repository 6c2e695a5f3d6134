package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"plimsoll/internal/metric"
	"plimsoll/internal/sketch"
)

// timings brings in a timing as `plimsoll import` does, since by that way, unlike
// by UDP, it is acknowledged: ten seconds that end at base + 10 s × i have three
// observations that tell i. So each row of each tier is known to the last digit.
type timings struct {
	base         int64        // Unix seconds
	acknowledged atomic.Int64 // tens of seconds, all of them in order
	attempted    atomic.Int64
	built        int64 // tens of seconds that are in the rows of tiers
	tiers        []*timingRows
}

// timingRows are the rows that one tier must have.
type timingRows struct {
	name        string // of its file
	step, first int64  // first is the end of the first row
	rows        [][]float64
	open        *sketch.Sketch
}

const (
	// timingSteps end before today, too, and go on for some days.
	timingSteps = 60_000
	timingPiece = 3 // tens of seconds that are brought in at a time
)

func newTimings() *timings {
	const day = 86_400
	s := &timings{base: time.Now().Unix()/day*day - 8*day + day/2 - 1790}
	for _, t := range []struct {
		name string
		step int64
	}{{"10s", 10}, {"1m", 60}, {"10m", 600}, {"1h", 3600}, {"1d", day}} {
		s.tiers = append(s.tiers, &timingRows{
			name: "timed_seconds/_@" + t.name + ".rrd", step: t.step,
			first: (s.base + t.step - 1) / t.step * t.step, open: new(sketch.Sketch),
		})
	}
	return s
}

func (s *timings) at(i int64) int64 { return s.base + 10*i }

// sketchOf is what was observed in ten seconds.
func sketchOf(i int64) *sketch.Sketch {
	sk := new(sketch.Sketch)
	for k := range int64(3) {
		sk.Add(float64((i*17+k*331)%1009+1)/1000, 1)
	}
	return sk
}

// run brings in piece after piece until one is not acknowledged.
func (s *timings) run(url string) {
	for s.acknowledged.Load()+timingPiece <= timingSteps && s.step(url) {
		continue
	}
}

func (s *timings) step(url string) bool {
	i := s.acknowledged.Load()
	s.attempted.Store(i + timingPiece)
	client := &http.Client{Timeout: 30 * time.Second}
	res, err := client.Post(url+"/api/plimsoll/v1/storage/import", "application/x-ndjson", bytes.NewReader(s.piece(i)))
	if err != nil {
		return false
	}
	defer res.Body.Close()
	var answer struct{ Result *struct{ New int } }
	for d := json.NewDecoder(res.Body); answer.Result == nil; { // progress comes first
		if d.Decode(&answer) != nil {
			return false
		}
	}
	if answer.Result.New != timingPiece {
		return false
	}
	s.acknowledged.Store(i + timingPiece)
	return true
}

func (s *timings) piece(i int64) []byte {
	var points [][]any
	for k := i; k < i+timingPiece; k++ {
		b, err := sketchOf(k).AppendBinary(nil)
		if err != nil {
			panic("BUG: " + err.Error())
		}
		points = append(points, []any{s.at(k-1) * 1000, s.at(k) * 1000, b})
	}
	text, err := json.Marshal(map[string]any{"labels": map[string]string{"__name__": "timed_seconds"}, "kind": "timing", "points": points})
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return text
}

// verify holds what a process left against what was brought in: all that was
// acknowledged, the last piece wholly or not at all, each row as it must be. Then
// it goes on behind that.
func (s *timings) verify(t *testing.T, v *server) {
	t.Helper()
	if s.attempted.Load() == 0 {
		return
	}
	count, sum := 0.0, 0.0
	for name, to := range map[string]*float64{"count": &count, "sum": &sum} {
		got, err := v.ask(fmt.Sprintf("/api/v1/query?query=timed_seconds_%s&time=%d", name, s.at(s.attempted.Load())))
		if err != nil || len(got) > 1 {
			t.Fatalf("%v, %v", got, err)
		}
		if len(got) == 1 {
			*to = got[0].Value.float(t)
		}
	}
	found := int64(count) / 3
	if float64(3*found) != count || found%timingPiece != 0 || found < s.acknowledged.Load() || found > s.attempted.Load() {
		t.Fatalf("%v observations are left, of %d tens of seconds %d were acknowledged", count, s.attempted.Load(), s.acknowledged.Load())
	}
	s.acknowledged.Store(found)
	s.attempted.Store(found)
	if want := s.build(found); !near(sum, want) {
		t.Fatalf("%d tens of seconds took %v in all, want %v", found, sum, want)
	}
	for _, tier := range s.tiers {
		tier.verify(t, v.data)
	}
}

// build makes the rows for so many tens of seconds, and returns their sum.
func (s *timings) build(found int64) (sum float64) {
	for ; s.built < found; s.built++ {
		for _, tier := range s.tiers {
			tier.open.Merge(sketchOf(s.built))
			if s.at(s.built)%tier.step == 0 {
				tier.rows = append(tier.rows, columnsOf(tier.open))
				tier.open = new(sketch.Sketch)
			}
		}
	}
	for _, row := range s.tiers[0].rows {
		sum += row[columnSum]
	}
	return sum
}

// columnsOf is a row of a timing's archive.
func columnsOf(sk *sketch.Sketch) (row []float64) {
	for _, q := range metric.Quantiles {
		row = append(row, sk.Quantile(q))
	}
	return append(row, sk.Min(), sk.Max(), sk.Sum(), sk.Count(), sk.Stddev())
}

func (r *timingRows) verify(t *testing.T, data string) {
	t.Helper()
	if len(r.rows) == 0 { // none has ended
		if _, err := os.Stat(filepath.Join(data, "archives", r.name)); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("%s is there before a row: %v", r.name, err)
		}
		return
	}
	a := openArchive(t, data, r.name)
	if want := r.first + int64(len(r.rows)-1)*r.step; a.last != want {
		t.Fatalf("%s goes to %d, want %d", r.name, a.last, want)
	}
	rows := a.rows[0]
	for k := range len(rows.Values) / rows.DS {
		at := end(rows, k)
		for c, got := range rows.Values[k*rows.DS : (k+1)*rows.DS] {
			want := math.NaN()
			if at >= r.first {
				want = r.rows[(at-r.first)/r.step][c]
			}
			if !near(got, want) {
				t.Fatalf("%s: column %d of the row that ends at %d, %d before the last: %v, want %v", r.name, c, at, (a.last-at)/r.step, got, want)
			}
		}
	}
}
