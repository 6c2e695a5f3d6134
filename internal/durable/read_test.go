package durable_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/durable"
)

// readAll reads from p until nothing more comes, and returns where that was.
func readAll(t *testing.T, j *durable.Journal, p durable.Position, limit int64) (got []string, unread int64, end durable.Position) {
	t.Helper()
	for {
		c, err := j.Read(p, limit)
		if err != nil {
			t.Fatal(err)
		}
		if c.Next == p {
			return got, unread, p
		}
		for _, r := range c.Records {
			got = append(got, string(r))
		}
		p, unread = c.Next, unread+c.UnreadBytes
	}
}

func TestReadGoesOnFromAnyPosition(t *testing.T) {
	j := open(t, t.TempDir(), sound)
	var want []string
	for i := range 30 {
		want = append(want, fmt.Sprintf("record %d of some length", i))
		j.Segment()
		if err := j.Append([]byte(want[i])); err != nil {
			t.Fatal(err)
		}
	}
	for _, limit := range []int64{1, 40, 1 << 20} { // less than a record, one, all of a segment
		got, unread, end := readAll(t, j, durable.Position{}, limit)
		if diff := cmp.Diff(want, got); diff != "" || unread != 0 {
			t.Errorf("limit %d: %d unread\n%s", limit, unread, diff)
		}
		if got, _, _ := readAll(t, j, end, limit); got != nil {
			t.Errorf("behind the end: %q", got)
		}
	}
	j.Append([]byte("later"))
	first, err := j.Read(durable.Position{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.DropBelow(first.Next.Segment + 2); err != nil {
		t.Fatal(err)
	}
	got, _, _ := readAll(t, j, first.Next, 1<<20)
	if len(got) == 0 || got[len(got)-1] != "later" || len(got) >= 30 {
		t.Errorf("after a drop: %q", got)
	}
	if n, complete := j.Oldest(); n != first.Next.Segment+2 || !complete {
		t.Errorf("oldest segment %d, complete: %v", n, complete)
	}
}

func TestReadPassesOverDamage(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir, sound)
	for _, r := range []string{"one", "two", "three"} {
		j.Append([]byte(r))
	}
	flip(t, filepath.Join(dir, "00000001.wal"), 12) // in the second record
	got, unread, _ := readAll(t, j, durable.Position{}, 1<<20)
	if !cmp.Equal(got, []string{"one", "three"}) || unread != 11 {
		t.Errorf("%q, %d bytes unread", got, unread)
	}
	if err := os.Remove(filepath.Join(dir, "00000001.wal")); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Read(durable.Position{}, 1); err == nil {
		t.Error("a segment that is gone was read")
	}
}

func TestReadBesideAppend(t *testing.T) {
	const n = 2000
	j := open(t, t.TempDir(), sound)
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range n {
			j.Segment()
			if err := j.Append(fmt.Appendf(nil, "%d", i)); err != nil {
				t.Error(err)
			}
		}
	})
	var p durable.Position
	for seen := 0; seen < n; {
		c, err := j.Read(p, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range c.Records {
			if string(r) != fmt.Sprint(seen) {
				t.Fatalf("read %q, want %d", r, seen)
			}
			seen++
		}
		p = c.Next
	}
	wg.Wait()
}
