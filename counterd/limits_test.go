package counterd

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/counterd/line"
	"plimsoll/counterd/listen"
	"plimsoll/counterd/mapping"
)

func mapper(t *testing.T, rules string) *mapping.Mapper {
	t.Helper()
	m, err := mapping.Parse([]byte(rules))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// linesFrom counts a datagram of a sender.
func (b *bench) linesFrom(a netip.Addr, s string) {
	b.shard.datagrams([]listen.Datagram{{Data: []byte(s), From: netip.AddrPortFrom(a, 1)}})
}

func senderOf(round, i int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, byte(round), byte(i >> 8), byte(i)})
}

// Senders that come and go leave a bounded number of accounts, each in one place.
func TestAccountsAreBounded(t *testing.T) {
	b := newBench(t, func(c *Config) { c.MaxSeries, c.IdleExpiry = 500, 10*time.Second })
	for round := range 8 {
		for i := range 500 {
			b.linesFrom(senderOf(round, i), fmt.Sprintf("p%d-%d.x:1|c", round, i))
		}
		for i := range 500 { // each once more, over the limit
			b.linesFrom(senderOf(round, i), fmt.Sprintf("p%d-%d.y:1|c", round, i))
		}
		wantSound(t, b.registry.limits.sources, 500)
		wantSound(t, b.registry.limits.prefixes, 500)
		for s := range 4 {
			b.tick(40*round + 10*(s+1))
		}
		wantSound(t, b.registry.limits.sources, 0)
	}
	if n := len(b.registry.limits.sources.bare); n != maxOffenders {
		t.Errorf("%d offenders are remembered", n)
	}
}

// wantSound checks that a ledger has the series that there are, and that its
// parts agree.
func wantSound[K comparable](t *testing.T, l *ledger[K], series int) {
	t.Helper()
	withSeries, sum := 0, 0
	for key, a := range l.accounts {
		if a.key != key || l.byID[a.id] != a || a.series == 0 && l.bare[a.place] != a {
			t.Fatalf("the account of %v is misplaced: %+v", key, a)
		}
		sum += a.series
		withSeries += min(a.series, 1)
	}
	if sum != series || len(l.accounts) != withSeries+len(l.bare) || len(l.bare) > maxOffenders {
		t.Fatalf("%d series on %d accounts, %d without, of %d", sum, withSeries, len(l.bare), len(l.accounts))
	}
	if len(l.byID) != 1+len(l.accounts)+len(l.free) {
		t.Fatalf("%d accounts, %d free, %d ids", len(l.accounts), len(l.free), len(l.byID))
	}
}

// Those who were over a limit long ago do not keep new ones from being named, not
// even two who come by turns.
func TestNewOffendersAreNamed(t *testing.T) {
	b := newBench(t, func(c *Config) { c.MaxSeries = 1 })
	b.linesFrom(somebody.Addr(), "a:1|c")
	for i := range 2 * maxOffenders {
		b.linesFrom(senderOf(0, i%maxOffenders), "x:1|c")
	}
	one, two := senderOf(1, 1), senderOf(1, 2)
	for i := range 1000 {
		b.linesFrom(one, fmt.Sprintf("flood.n%d:1|c", i))
		b.linesFrom(two, "x:1|c")
	}
	want := []Offender{
		{Kind: "source", Name: "10.1.0.1", Lines: 1000},
		{Kind: "source", Name: "10.1.0.2", Lines: 1000},
		{Kind: "prefix", Name: "flood", Lines: 1000},
	}
	got := b.Stats().Offenders
	if len(got) != shownOffenders {
		t.Fatalf("%d are shown", len(got))
	}
	if diff := cmp.Diff(want, got[:3]); diff != "" {
		t.Error(diff)
	}
}

// Nobody knows who sent what a restart brought back.
func TestRestoredSeriesAreOnNoSourcesAccount(t *testing.T) {
	l := newLives(t)
	l.change = func(c *Config) { c.MaxSeriesPerSource, c.IdleExpiry = 3, 30*time.Second }
	b := l.start(0)
	for i := range 9 {
		b.linesFrom(senderOf(0, i/3), fmt.Sprintf("p.n%d:1|c", i))
	}
	b.tick(1)
	l.kill()
	b = l.start(2)
	b.lines("mine:1|c")
	b.tick(10)
	if got := l.sent()[`10 {__name__="mine_total"}`]; got == "" {
		t.Errorf("the first series of a local sender is over the limit: %+v", b.Stats().Offenders)
	}
	wantSound(t, b.registry.limits.prefixes, 9)
	wantSound(t, b.registry.limits.sources, 1)
	for s := 20; s <= 60; s += 10 {
		b.tick(s)
	}
	wantSound(t, b.registry.limits.prefixes, 0)
	wantSound(t, b.registry.limits.sources, 0)
}

// The names of overflow series are nobody's: neither can a sender write to them,
// nor take them so that what is over a limit has no place.
func TestOverflowNamesAreReserved(t *testing.T) {
	rules := mapper(t, "mappings:\n- {match: mine, name: x__other__y}\n")
	b := newBench(t, func(c *Config) { c.MaxSeries, c.Mapper = 2, rules })
	b.lines("__other___total:1|g\na.__other__:1|c\na..other..b:1|c\nmine:1|c\nok___other__:1")
	if n := b.Stats().Bad[line.BadReserved.String()]; n != 5 {
		t.Errorf("%d of 5 are refused: %v", n, b.Stats().Bad)
	}
	b.lines("a:1|c\nb:1|c\nc:1|c\nok_in:1\nok_in:0\n__other__:1000|c\nok___other___results:1")
	got := b.tick(10)
	for series, want := range map[string]float64{
		`{__name__="__other___total"}`:                        1,
		`{__name__="__other___results_total", result="ok"}`:   1,
		`{__name__="__other___results_total", result="fail"}`: 1,
	} {
		if s := find(t, got, series); s.Value != want {
			t.Errorf("%s is %g, want %g", series, s.Value, want)
		}
	}
	if n := b.Stats().Bad[line.BadReserved.String()]; n != 7 {
		t.Errorf("%d of 7 are refused", n)
	}
}

// Two prefixes that come out the same are told from each other, as long as one
// of them counts elsewhere.
func TestOverflowNamesThatClash(t *testing.T) {
	b := newBench(t, func(c *Config) { c.MaxSeries = 2 })
	b.lines("x:1|c\ny:1|c\na-b.n:1|c\na_b.n:2|c\na-b.m:4|c\na_b.m:8|c")
	got := b.tick(10)
	if s := find(t, got, `{__name__="a_b___other___total"}`); s.Value != 5 {
		t.Errorf("%+v", s)
	}
	if s := find(t, got, `{__name__="__other___total"}`); s.Value != 10 {
		t.Errorf("%+v", s)
	}
	if st := b.Stats(); st.Lines != st.Parsed || len(st.Collisions) != 0 {
		t.Errorf("%+v", st)
	}
}

// Names lists each series once, with all listeners that it comes by.
func TestNamesOfManySeries(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Listeners = append(c.Listeners, newPipe()) })
	var want []string
	for i := range 3*atOnce + 1 {
		b.shard = b.shards[i%2]
		b.lines(fmt.Sprintf("n%d:1|c\nboth:1|c|#i:%d", i, i/2))
		want = append(want, fmt.Sprintf("n%d_total", i))
		if i%2 == 0 {
			want = append(want, fmt.Sprintf("both_total %d", i/2))
		}
	}
	slices.Sort(want)
	var got []string
	for _, n := range b.Names() {
		name := n.Name
		if i, is := n.Labels["i"]; is {
			name += " " + i
		}
		if n.Type != "counter" || len(n.Listeners) != 1 { // both are called "pipe"
			t.Fatalf("%+v", n)
		}
		got = append(got, name)
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// However many spellings fill a listener's records, what is over a limit counts.
func TestLastResortHasARecordAlways(t *testing.T) {
	b := newBench(t, func(c *Config) {
		c.Listeners = append(c.Listeners, newPipe())
		c.MaxSeries = 1
	})
	b.lines("x:1|c|#s:v\nmore:1|c")
	b.shard = b.shards[1]
	for i := range 2 * maxReserve {
		b.lines(fmt.Sprintf("x:1|c|#s:%d,s:v", i))
	}
	full := b.Stats().Bad[line.BadSeriesLimit.String()]
	b.lines("more:1|c\nstill.more:1|c")
	if n := b.Stats().Bad[line.BadSeriesLimit.String()]; full == 0 || n != full {
		t.Errorf("%d spellings are refused, then %d lines", full, n)
	}
	got := b.tick(10)
	if s := find(t, got, `{__name__="__other___total"}`); s.Value != 2 {
		t.Errorf("%+v", s)
	}
	if s := find(t, got, `{__name__="still___other___total"}`); s.Value != 1 {
		t.Errorf("%+v", s)
	}
}
