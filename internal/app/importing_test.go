package app

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/history"
	"plimsoll/internal/metric"
	"plimsoll/internal/query"
	"plimsoll/rrdstore"
)

// exported is a gauge and a counter as a coarse archive or a slow scrape leaves
// them: a sample each step seconds, with a hole of ten.
func exported(from, step int64, n int) string {
	var times, values, totals []string
	total := 0
	for i := range n {
		if i >= n/2 && i < n/2+10 {
			total += 7
			continue
		}
		total += 7
		times = append(times, fmt.Sprint((from+int64(i)*step)*1000))
		values = append(values, fmt.Sprint(i))
		totals = append(totals, fmt.Sprint(1000+total))
	}
	at := strings.Join(times, ",")
	return fmt.Sprintf(`{"metric":{"__name__":"g"},"values":[%s],"timestamps":[%s]}`+"\n"+
		`{"metric":{"__name__":"c_total"},"values":[%s],"timestamps":[%s]}`+"\n", strings.Join(values, ","), at, strings.Join(totals, ","), at)
}

// imported is a store with what text holds, and the instant at which it ends.
func imported(t *testing.T, text string, end int64) *query.Engine {
	t.Helper()
	c := rrdstore.Default()
	c.Dir, c.Now = t.TempDir(), func() time.Time { return time.Unix(end, 0) }
	s, err := rrdstore.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	in := history.Input{Name: "old.json", Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }}
	var pieces bytes.Buffer
	if _, err := WriteHistory(t.Context(), []history.Input{in}, history.Options{Format: history.JSON}, &pieces); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := (maintenance{archives: s}).imports(t.Context(), url.Values{}, bytes.NewReader(pieces.Bytes()), func(any) {}); err != nil {
			t.Fatal(err)
		}
	}
	return query.New(s, query.Config{Timeout: time.Minute, MaxSamples: 1e6, Lookback: 5 * time.Minute, Resolution: s.Resolution, Now: c.Now})
}

// Samples that lie farther apart than the heartbeat of what is measured here are
// no gaps, and what is missing between them is one.
func TestImportOfCoarseHistory(t *testing.T) {
	const end = 1_700_006_400
	for _, step := range []int64{300, 600, 3600, 86400} {
		t.Run(fmt.Sprint(step), func(t *testing.T) {
			n := int(min(300, 390*86400/step))
			from := end - int64(n-1)*step
			e := imported(t, exported(from, step, n), end)
			// At the end of each sample's own time, in rows that are long enough.
			long := max(step, 3600)
			known, grew := 0.0, 0.0
			span := int64(n-1)*step - long
			for expr, into := range map[string]*float64{
				fmt.Sprintf("count_over_time(g[%ds:%ds])", span, step): &known, fmt.Sprintf("c_total - c_total offset %ds", span): &grew,
			} {
				got, err := e.Query(context.Background(), metric.Query{Expr: expr, End: time.Unix(end, 0)})
				if err != nil || len(got.Series) != 1 {
					t.Fatalf("%s: %d series, %v", expr, len(got.Series), err)
				}
				*into = got.Series[0].Points[0].Value
			}
			if want := float64(n - 12 - int(long/step)); known < want-1 || known > want+11 {
				t.Errorf("%v of %d instants are known", known, n)
			}
			if want := 7 * float64(n-11-int(long/step)); grew < want*0.98 || grew > want*1.06 {
				t.Errorf("the counter grew by %v, want about %v", grew, want)
			}
		})
	}
}
