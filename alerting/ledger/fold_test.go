package ledger

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var begin = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// row is a message of an alert of its own name, queued so long after begin.
func row(id int64, after time.Duration, urgent bool) waiting {
	name := fmt.Sprintf("check/%d", id)
	return waiting{id: id, alert: name, group: name, urgent: urgent, queued: begin.Add(after), due: begin.Add(after)}
}

func rows(from, to int64) (all []waiting) {
	for id := from; id <= to; id++ {
		all = append(all, row(id, 0, true))
	}
	return all
}

func ids(chosen [][]waiting) (all [][]int64) {
	for _, g := range chosen {
		var of []int64
		for _, w := range g {
			of = append(of, w.id)
		}
		all = append(all, of)
	}
	return all
}

// TestCrowd: checks that have each its own name are joined when many of them
// fail at once, and a few are not.
func TestCrowd(t *testing.T) {
	t.Parallel()
	f := Folding{Wait: 30 * time.Second, MaxWait: 5 * time.Minute, Storm: 20}
	sent := func(n int) (all []recent) {
		for i := range n {
			all = append(all, recent{fmt.Sprint("check/", i), begin})
		}
		return all
	}
	flying := rows(1, 1)
	flying[0].bundle = 1
	failed := rows(1, 1)
	failed[0].bundle, failed[0].attempts, failed[0].due = 1, 3, begin.Add(time.Minute)
	at := begin.Add
	for what, c := range map[string]struct {
		rows []waiting
		sent []recent
		f    Folding
		now  time.Time
		want [][]int64
	}{
		"few":                 {rows(1, 3), nil, f, begin, [][]int64{{1}, {2}, {3}}},
		"many at once":        {rows(1, 7), nil, f, begin, [][]int64{{1, 2, 3, 4, 5, 6, 7}}},
		"the first is flying": {append(flying, rows(2, 8)...), nil, f, at(time.Second), [][]int64{{1}}},
		"the first failed":    {append(failed, rows(2, 8)...), nil, f, at(time.Second), [][]int64{{2, 3, 4, 5, 6, 7, 8}}},
		"after five":          {rows(6, 6), sent(5), f, at(time.Second), nil},
		"later":               {rows(6, 16), sent(5), f, at(31 * time.Second), [][]int64{{6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}}},
		"never joined":        {rows(1, 7), nil, Folding{Wait: f.Wait, MaxWait: f.MaxWait}, begin, [][]int64{{1}, {2}, {3}, {4}}},
	} {
		if diff := cmp.Diff(c.want, ids(choose(c.rows, c.sent, c.f, c.now))); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", what, diff)
		}
	}
}

// TestDigestIsOne: what waits for a digest goes in one mail, whatever the names,
// and what is urgent takes nothing of it along but what its own alert waits with.
func TestDigestIsOne(t *testing.T) {
	t.Parallel()
	f := Folding{Wait: 30 * time.Second, MaxWait: 5 * time.Minute, Storm: 20, Digest: time.Hour}
	waits := []waiting{row(1, 0, false), row(2, 30*time.Minute, false), row(3, 40*time.Minute, false)}
	worse := row(4, 41*time.Minute, true)
	worse.alert, worse.group = waits[2].alert, waits[2].group
	if got := choose(waits, nil, f, begin.Add(59*time.Minute)); got != nil {
		t.Errorf("before its time goes %v", ids(got))
	}
	if diff := cmp.Diff([][]int64{{1, 2, 3}}, ids(choose(waits, nil, f, begin.Add(time.Hour)))); diff != "" {
		t.Errorf("digest (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([][]int64{{3, 4}}, ids(choose(append(waits, worse), nil, f, begin.Add(42*time.Minute)))); diff != "" {
		t.Errorf("what got worse (-want +got)\n%s", diff)
	}
}
