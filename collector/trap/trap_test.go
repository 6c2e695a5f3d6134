package trap

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gosnmp/gosnmp"

	"plimsoll/internal/metric"
	"plimsoll/internal/mib"
	"plimsoll/internal/usm"
)

var (
	noon   = time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC)
	source = netip.MustParseAddrPort("192.0.2.7:40000")
)

// still makes a Receiver that is not run.
func still(t testing.TB, c Config) *Receiver {
	t.Helper()
	c.Listen = ""
	r, err := New(c, noon)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// notify makes a message of version 2c.
func notify(t testing.TB, kind gosnmp.PDUType, id uint32, trap string, vars ...gosnmp.SnmpPDU) []byte {
	t.Helper()
	g := &gosnmp.GoSNMP{Version: gosnmp.Version2c, Community: "public"}
	vars = append([]gosnmp.SnmpPDU{
		{Name: numberUptime, Type: gosnmp.TimeTicks, Value: uint32(17)}, {Name: numberTrap, Type: gosnmp.ObjectIdentifier, Value: trap},
	}, vars...)
	p := g.MkSnmpPacket(kind, vars, 0, 0)
	p.RequestID = id
	b, err := p.MarshalMsg()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func integer(number string, n int) gosnmp.SnmpPDU {
	return gosnmp.SnmpPDU{Name: number, Type: gosnmp.Integer, Value: n}
}

func TestInformIsAnsweredAgainAndCountsOnce(t *testing.T) {
	box := &inbox{}
	r := still(t, config(box))
	message := notify(t, gosnmp.InformRequest, 4711, linkDown, integer("1.3.6.1.2.1.2.2.1.1.3", 3))
	for range 3 {
		reply := r.take(t.Context(), message, source, noon)
		p, err := (&gosnmp.GoSNMP{}).SnmpDecodePacket(reply)
		if err != nil || p.PDUType != gosnmp.GetResponse || p.RequestID != 4711 || p.Error != gosnmp.NoError || len(p.Variables) != 3 {
			t.Fatalf("%+v, %v", p, err)
		}
	}
	if len(box.events) != 1 || len(box.checks) != 1 {
		t.Errorf("%d events, %d results", len(box.events), len(box.checks))
	}
	if r.take(t.Context(), message, netip.MustParseAddrPort("192.0.2.8:40000"), noon); len(box.events) != 2 {
		t.Error("another source's inform with the same id is lost")
	}
	if r.take(t.Context(), message, source, noon.Add(time.Hour)); len(box.events) != 3 {
		t.Error("the same id an hour later is lost")
	}
}

// TestFlood: a source that floods loses its own traps, and nobody else any.
func TestFlood(t *testing.T) {
	box := &inbox{}
	c := config(box)
	c.EventRate = 1e6
	r := still(t, c)
	flood := notify(t, gosnmp.SNMPv2Trap, 1, linkUp, integer("1.3.6.1.2.1.2.2.1.1.3", 3))
	for i := range 50_000 {
		r.take(t.Context(), flood, source, noon.Add(time.Duration(i)*10*time.Microsecond))
		if i%1000 == 0 {
			other := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i / 1000)}), 161)
			r.take(t.Context(), notify(t, gosnmp.SNMPv2Trap, 1, linkDown, integer("1.3.6.1.2.1.2.2.1.1.3", 3)), other, noon.Add(time.Duration(i)*10*time.Microsecond))
		}
	}
	count := map[string]int{}
	for _, e := range box.events {
		count[e.Labels["trap"]]++
	}
	if count[linkDown] != 50 || count[linkUp] > c.Burst+int(c.Rate) {
		t.Errorf("%v", count)
	}
	if s := r.Stats(); s.LastRefused == nil || s.LastRefused.Reason != "rate of the source" || s.LastRefused.Source != source.String() {
		t.Errorf("%+v", s.LastRefused)
	}
}

// TestSpoofedSources: more sources than there are buckets for are bounded too.
func TestSpoofedSources(t *testing.T) {
	s := newSources(Config{Rate: 1, Burst: 2})
	for i := range 3 * maxSources {
		s.admit(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), noon)
	}
	if len(s.by) > maxSources {
		t.Errorf("%d buckets", len(s.by))
	}
	if !s.admit(netip.MustParseAddr("192.0.2.1"), noon.Add(10*time.Second)) || len(s.by) > 1 {
		t.Errorf("after a while: %d buckets", len(s.by))
	}
}

func TestWhoMaySend(t *testing.T) {
	box := &inbox{}
	c := config(box)
	c.Communities, c.Allow = []string{"farm"}, []string{"192.0.2.0/24"}
	r := still(t, c)
	message := notify(t, gosnmp.SNMPv2Trap, 1, linkDown)
	r.take(t.Context(), message, source, noon)
	if got := r.Stats().LastRefused; got.Reason != "community" || got.Begin != "" {
		t.Errorf("%+v", got)
	}
	r.take(t.Context(), message, netip.MustParseAddrPort("198.51.100.1:1"), noon)
	if got := r.Stats().LastRefused; got.Reason != "source" {
		t.Errorf("%+v", got)
	}
	r.take(t.Context(), []byte("GET / HTTP/1.1\r\n"), source, noon)
	if got := r.Stats().LastRefused; got.Reason != "malformed" || got.Begin != `"GET / HTTP/1.1\r\n"` {
		t.Errorf("%+v", got)
	}
	r.take(t.Context(), notify(t, gosnmp.GetRequest, 1, linkDown), source, noon)
	if got := r.Stats().LastRefused; got.Reason != "no trap" {
		t.Errorf("%+v", got)
	}
	if len(box.events)+len(box.checks) > 0 {
		t.Errorf("%v %v", box.events, box.checks)
	}
}

// TestReplay: what is older than what was heard of an engine is refused.
func TestReplay(t *testing.T) {
	e := engine{peers: map[string]peer{}}
	for i, s := range []struct {
		boots, time uint32
		fresh       bool
	}{{3, 1000, true}, {3, 900, true}, {3, 2000, true}, {3, 1840, false}, {3, 1860, true}, {2, 9000, false}, {4, 1, true}, {3, 2001, false}, {maxBoots, 1, false}} {
		p := &gosnmp.UsmSecurityParameters{AuthoritativeEngineID: "x", AuthoritativeEngineBoots: s.boots, AuthoritativeEngineTime: s.time}
		if got := e.fresh(p); got != s.fresh {
			t.Errorf("message %d: fresh %v", i, got)
		}
	}
}

// TestOpenProblems are told again, end when a poll finds the interface up, and
// outlive a restart.
func TestOpenProblems(t *testing.T) {
	box := &inbox{}
	c := config(box)
	c.Dir = t.TempDir()
	up := map[string]time.Time{}
	c.Up = func(_, name string) (bool, time.Time) { return !up[name].IsZero(), up[name] }
	r := still(t, c)
	for _, name := range []string{"a", "b"} {
		r.take(t.Context(), notify(t, gosnmp.SNMPv2Trap, 1, linkDown, gosnmp.SnmpPDU{Name: numberIfName + ".1", Type: gosnmp.OctetString, Value: name}), source, noon)
	}
	r.tick(t.Context(), noon.Add(10*time.Second)) // too early to tell again; saved
	box.checks = nil
	r.tick(t.Context(), noon.Add(61*time.Second))
	if len(box.checks) != 2 {
		t.Errorf("told again: %v", box.states())
	}
	box.checks = nil
	up["a"] = noon.Add(5 * time.Second) // that poll may have seen what was before
	r.tick(t.Context(), noon.Add(62*time.Second))
	up["a"] = noon.Add(40 * time.Second)
	r.tick(t.Context(), noon.Add(63*time.Second))
	if diff := cmp.Diff([]string{"snmp_link 192.0.2.7 a ok"}, box.states()); diff != "" {
		t.Error(diff)
	}
	again := still(t, c)
	if len(again.open) != 1 {
		t.Errorf("after a restart: %d open", len(again.open))
	}
}

// TestInterfaceThatGetsItsName between linkDown and linkUp, for the device was
// polled only then, is one problem all the same; another port is another.
func TestInterfaceThatGetsItsName(t *testing.T) {
	box := &inbox{}
	c := config(box)
	name := ""
	c.Interface = func(string, int) string { return name }
	r := still(t, c)
	index := func(i int) gosnmp.SnmpPDU { return integer(fmt.Sprintf("1.3.6.1.2.1.2.2.1.1.%d", i), i) }
	r.take(t.Context(), notify(t, gosnmp.SNMPv2Trap, 1, linkDown, index(3)), source, noon)
	name = "eth4"
	r.take(t.Context(), notify(t, gosnmp.SNMPv2Trap, 2, linkDown, index(4)), source, noon)
	name = "eth3"
	r.take(t.Context(), notify(t, gosnmp.SNMPv2Trap, 3, linkUp, index(3)), source, noon)
	name = ""
	r.take(t.Context(), notify(t, gosnmp.SNMPv2Trap, 4, linkUp, index(4)), source, noon)
	want := []string{
		"snmp_link 192.0.2.7 ifIndex 3 critical", "snmp_link 192.0.2.7 eth4 critical", "snmp_link 192.0.2.7 ifIndex 3 ok", "snmp_link 192.0.2.7 eth4 ok",
	}
	if diff := cmp.Diff(want, box.states()); diff != "" {
		t.Error(diff)
	}
}

func TestDamagedStateIsSetAside(t *testing.T) {
	c := config(&inbox{})
	c.Dir = t.TempDir()
	name := filepath.Join(c.Dir, stateName)
	if err := os.WriteFile(name, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := still(t, c)
	if r.engine.boots != 1 {
		t.Errorf("boots %d", r.engine.boots)
	}
	if b, err := os.ReadFile(name + ".bad"); err != nil || string(b) != "{" {
		t.Errorf("%q, %v", b, err)
	}
}

func TestNamesWithAndWithoutZero(t *testing.T) {
	names := mib.New()
	for number, want := range map[string]string{
		linkDown: "linkDown", "1.3.6.1.6.3.1.1.5.0.3": "linkDown", "1.3.6.1.4.1.9.9.0.1": "1.3.6.1.4.1.9.9.0.1", "": "trap without snmpTrapOID",
	} {
		if got := nameOf(number, names); got != want {
			t.Errorf("%q: %q, want %q", number, got, want)
		}
	}
}

func TestValidate(t *testing.T) {
	c := Default()
	c.Listen, c.Communities, c.Allow, c.Rate, c.MaxOpen = "162", []string{""}, []string{"ten"}, 0, 0
	c.Users = []usm.User{{User: "me"}, {User: "me", Auth: "ROT13"}}
	c.Pairs = []Pair{{Open: "nothing", Close: "linkUp", Check: "x"}, {Open: "linkUp", Close: "linkDown"}, {Open: "1.3", Close: "1.3.1", Check: "a", By: "ifIndex"}, {Open: "1.3", Close: "1.3.1", Check: "a", Severity: "bad"}}
	err := c.Validate()
	for _, want := range []string{
		`listen: "162"`, "communities[0]: is empty", `users[1]: auth: "ROT13"`, `users[1].user: "me" is there twice`, `allow[0]: "ten"`, "rate: ", "max_open: 0",
		`pairs[0].open: "nothing"`, "pairs[1].check: is empty", "pairs[2].label: by and label", `pairs[3].severity: "bad"`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in\n%v", want, err)
		}
	}
	if err := Default().Validate(); err != nil {
		t.Error(err)
	}
	if c := Default(); !c.Open() {
		t.Error("the default asks nobody who he is")
	}
}

func TestBusySinksAreCounted(t *testing.T) {
	c := config(&inbox{})
	c.Checks, c.Events = busy{}, busy{}
	r := still(t, c)
	r.take(t.Context(), notify(t, gosnmp.SNMPv2Trap, 1, linkDown, integer("1.3.6.1.2.1.2.2.1.1.3", 3)), source, noon)
	if len(r.open) != 1 {
		t.Fatal("the problem is forgotten")
	}
	for _, p := range r.open {
		if !p.told.IsZero() {
			t.Error("it was not told, and will not be again")
		}
	}
}

// busy takes nothing.
type busy struct{}

func (busy) PutEvent(context.Context, metric.Event) error       { return metric.ErrBusy }
func (busy) PutCheck(context.Context, metric.CheckResult) error { return metric.ErrBusy }

func FuzzTake(f *testing.F) {
	f.Add(notify(f, gosnmp.SNMPv2Trap, 1, linkDown, integer("1.3.6.1.2.1.2.2.1.1.3", 3)))
	f.Add(notify(f, gosnmp.InformRequest, 1, linkDown))
	corpus, err := filepath.Glob("testdata/*.hex")
	if err != nil || len(corpus) == 0 {
		f.Fatal("no captured datagrams", err)
	}
	for _, name := range corpus {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		b, err := hex.DecodeString(strings.TrimSpace(string(text)))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		box := &inbox{}
		c := config(box)
		c.Users = []usm.User{{User: "open"}}
		r := still(t, c)
		reply := r.take(t.Context(), b, source, noon)
		for _, e := range box.events {
			if e.Title == "" || len(e.Text) > maxVars*3000 {
				t.Errorf("event %+v", e)
			}
		}
		if len(reply) > 0 && version(reply) < 0 {
			t.Errorf("answered %x", reply)
		}
	})
}
