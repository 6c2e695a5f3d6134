package snmp

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gosnmp/gosnmp"

	"plimsoll/internal/metric"
	"plimsoll/internal/snmpsim"
)

// sink remembers what it was given.
type sink struct {
	mu      sync.Mutex
	samples []metric.Sample
	fail    error
}

func (s *sink) Put(_ context.Context, batch []metric.Sample) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	s.samples = append(s.samples, batch...)
	return nil
}

func (s *sink) all(name string) (out []metric.Sample) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.samples {
		if m.Name() == name {
			out = append(out, m)
		}
	}
	return out
}

func agent(t testing.TB, change func(*snmpsim.Agent)) *snmpsim.Agent {
	t.Helper()
	a, err := snmpsim.New("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(a)
	}
	done := make(chan struct{})
	go func() { defer close(done); a.Run() }()
	t.Cleanup(func() { a.Close(); <-done })
	return a
}

// Values as a device has them.
func ticks(n uint32) gosnmp.SnmpPDU {
	return gosnmp.SnmpPDU{Name: "1.3.6.1.2.1.1.3.0", Type: gosnmp.TimeTicks, Value: n}
}

func str(number, s string) gosnmp.SnmpPDU {
	return gosnmp.SnmpPDU{Name: number, Type: gosnmp.OctetString, Value: s}
}

func integer(number string, n int) gosnmp.SnmpPDU {
	return gosnmp.SnmpPDU{Name: number, Type: gosnmp.Integer, Value: n}
}

func c32(number string, n uint32) gosnmp.SnmpPDU {
	return gosnmp.SnmpPDU{Name: number, Type: gosnmp.Counter32, Value: n}
}

func c64(number string, n uint64) gosnmp.SnmpPDU {
	return gosnmp.SnmpPDU{Name: number, Type: gosnmp.Counter64, Value: n}
}

const (
	ifEntry  = "1.3.6.1.2.1.2.2.1"
	ifXEntry = "1.3.6.1.2.1.31.1.1.1"
)

// port are the values of an interface with counters of 64 bits.
func port(index int, name string, octets uint64) []gosnmp.SnmpPDU {
	at := func(column string) string { return fmt.Sprintf("%s.%d", column, index) }
	return []gosnmp.SnmpPDU{
		str(at(ifEntry+".2"), "long "+name), str(at(ifXEntry+".1"), name), str(at(ifXEntry+".18"), "to "+name),
		integer(at(ifEntry+".7"), 1), integer(at(ifEntry+".8"), 1),
		{Name: at(ifXEntry + ".15"), Type: gosnmp.Gauge32, Value: uint32(1000)},
		c64(at(ifXEntry+".6"), octets), c64(at(ifXEntry+".10"), 2*octets), c32(at(ifEntry+".14"), 7), c32(at(ifEntry+".10"), uint32(octets)),
	}
}

// tester polls one simulated device without a clock.
type tester struct {
	t *testing.T
	*Poller
	*device
	sink *sink
}

func newTester(t *testing.T, d Device) *tester {
	t.Helper()
	s := &sink{}
	cfg := Default()
	cfg.Timeout, cfg.Devices = 5*time.Second, []Device{d}
	cfg.SinkFor = func(string) metric.Sink { return s }
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); p.exchange.run() }()
	t.Cleanup(func() { p.exchange.socket.Close(); <-done })
	return &tester{t, p, p.devices[0], s}
}

// poll polls and returns the values, by name and the labels that vary.
func (x *tester) poll() map[string]float64 {
	x.t.Helper()
	r := x.device.poll(x.t.Context(), x.exchange, time.Now(), 0)
	if r.err != nil {
		x.t.Fatal(r.err)
	}
	return values(r.samples)
}

func values(samples []metric.Sample) map[string]float64 {
	out := map[string]float64{}
	for _, s := range samples {
		key := s.Name()
		for _, l := range []string{"ifName", "ifIndex", "ifAlias", "hrStorageDescr", "laNames", "index", "entPhysicalIndex", "entPhysicalName", "sysName"} {
			if v := s.Labels.Get(l); v != "" {
				key += " " + v
			}
		}
		out[key] = s.Value
	}
	return out
}

func pick(values map[string]float64, names ...string) map[string]float64 {
	out := map[string]float64{}
	for k, v := range values {
		if slices.Contains(names, strings.Fields(k)[0]) {
			out[k] = v
		}
	}
	return out
}

func TestInterfaces(t *testing.T) {
	a := agent(t, nil)
	a.Set(ticks(100))
	for i := range 60 {
		a.Set(port(i+1, fmt.Sprintf("port%d", i+1), uint64(1)<<40+uint64(i))...)
	}
	x := newTester(t, Device{Address: a.Addr(), Name: "sw1", Modules: []string{"if_mib"}, Labels: map[string]string{"site": "berlin"}})
	got := x.poll()
	if len(pick(got, "ifHCInOctets")) != 60 || got["ifHCInOctets port60"] != 1<<40+59 || got["ifOperStatus port7"] != 1 ||
		got["snmp_interface_info port7 7 to port7"] != 1 || len(pick(got, "ifInOctets")) != 0 {
		t.Errorf("%v", got)
	}
	r := x.device.poll(t.Context(), x.exchange, time.Now(), 0)
	for _, s := range r.samples {
		if s.Name() == "ifHCInOctets" && s.Labels.Get("ifName") == "port3" {
			want := `{__name__="ifHCInOctets", ifDescr="long port3", ifName="port3", instance="sw1", job="snmp", site="berlin"}`
			if s.Labels.String() != want || s.Kind != metric.Counter || s.Start != 0 {
				t.Errorf("%s %v %d", s.Labels, s.Kind, s.Start)
			}
		}
	}
	if name := x.Interface("sw1", 60); name != "port60" {
		t.Errorf("interface 60 is %q", name)
	}
	if up, at := x.Up("127.0.0.1", "port60"); !up || at.IsZero() {
		t.Errorf("port60: %v at %v", up, at)
	}
}

// TestRenumbering: after a restart the same ports have other indexes; their
// series go on, and none gets the values of another.
func TestRenumbering(t *testing.T) {
	a := agent(t, nil)
	a.Set(ticks(100_000))
	a.Set(port(1, "uplink", 1000)...)
	a.Set(port(2, "downlink", 2000)...)
	x := newTester(t, Device{Address: a.Addr(), Modules: []string{"if_mib"}})
	x.poll()
	a.Set(ticks(500))
	a.Set(port(2, "uplink", 10)...)
	a.Set(port(1, "downlink", 20)...)
	want := map[string]float64{"ifHCInOctets uplink": 10, "ifHCInOctets downlink": 20, "snmp_interface_info uplink 2 to uplink": 1, "snmp_interface_info downlink 1 to downlink": 1}
	if diff := cmp.Diff(want, pick(x.poll(), "ifHCInOctets", "snmp_interface_info")); diff != "" {
		t.Error(diff)
	}
	if len(x.tables[0].rows) != 2 {
		t.Errorf("%d rows are kept", len(x.tables[0].rows))
	}
}

// TestTableThatTellsOfAChange: descriptions are read anew when ifTableLastChange
// says so, and the series go on.
func TestTableThatTellsOfAChange(t *testing.T) {
	a := agent(t, nil)
	const lastChange = "1.3.6.1.2.1.31.1.5.0"
	change := func(n uint32) gosnmp.SnmpPDU {
		return gosnmp.SnmpPDU{Name: lastChange, Type: gosnmp.TimeTicks, Value: n}
	}
	a.Set(ticks(100), change(50))
	a.Set(port(1, "eth", 1000)...)
	x := newTester(t, Device{Address: a.Addr(), Modules: []string{"if_mib"}, InterfaceLabels: []string{}})
	x.poll()
	a.Set(str(ifXEntry+".18.1", "to the new one"))
	info := func() map[string]float64 {
		return pick(x.poll(), "snmp_interface_info", "ifHCInOctets", "ifTableLastChange")
	}
	if diff := cmp.Diff(map[string]float64{"snmp_interface_info eth 1 to eth": 1, "ifHCInOctets eth": 1000}, info()); diff != "" {
		t.Error(diff)
	}
	a.Set(change(90))
	if diff := cmp.Diff(map[string]float64{"snmp_interface_info eth 1 to the new one": 1, "ifHCInOctets eth": 1000}, info()); diff != "" {
		t.Error(diff)
	}
}

// TestCutOffWalk: what a device tells before it falls silent counts, and no value
// is given to a row whose name did not come.
func TestCutOffWalk(t *testing.T) {
	a := agent(t, func(a *snmpsim.Agent) { a.MaxVars = 25 })
	a.Set(ticks(100))
	for i := range 20 {
		a.Set(port(i+1, fmt.Sprintf("p%d", i+1), uint64(i+1))...)
	}
	x := newTester(t, Device{Address: a.Addr(), Modules: []string{"if_mib"}})
	x.poll()
	requests, _ := a.Requests()
	for _, after := range []int{1, 3, 5, 9} {
		a.Silence(requests + after)
		x.timeout = 50 * time.Millisecond
		r := x.device.poll(t.Context(), x.exchange, time.Now(), 0)
		a.Silence(0)
		if r.err == nil || !r.answered {
			t.Errorf("after %d answers: %v, %v", after, r.answered, r.err)
		}
		for k, v := range pick(values(r.samples), "ifHCInOctets") {
			if k != fmt.Sprintf("ifHCInOctets p%v", v) {
				t.Errorf("after %d answers: %s is %v", after, k, v)
			}
		}
		requests, _ = a.Requests()
	}
}

func TestSameNameTwice(t *testing.T) {
	a := agent(t, nil)
	a.Set(ticks(1))
	a.Set(port(1, "eth", 1000)...)
	a.Set(port(5, "eth", 2000)...)
	x := newTester(t, Device{Address: a.Addr(), Modules: []string{"if_mib"}})
	if diff := cmp.Diff(map[string]float64{"ifHCInOctets eth#1": 1000, "ifHCInOctets eth#5": 2000}, pick(x.poll(), "ifHCInOctets")); diff != "" {
		t.Error(diff)
	}
}

// TestNarrowOnly: without counters of 64 bits those of 32 are asked for, in
// version 1 as in 2c, and become totals over wraps.
func TestNarrowOnly(t *testing.T) {
	for _, version := range []Version{"1", "2c"} {
		a := agent(t, nil)
		a.Set(ticks(100), str(ifEntry+".2.3", "eth3"), integer(ifEntry+".8.3", 1), c32(ifEntry+".10.3", 1<<32-100), c32(ifEntry+".16.3", 5),
			gosnmp.SnmpPDU{Name: ifEntry + ".5.3", Type: gosnmp.Gauge32, Value: uint32(1_000_000_000)})
		x := newTester(t, Device{Address: a.Addr(), Version: version, Modules: []string{"if_mib"}})
		if diff := cmp.Diff(map[string]float64{"ifInOctets eth3": 0, "ifOutOctets eth3": 0}, pick(x.poll(), "ifInOctets", "ifOutOctets")); diff != "" {
			t.Errorf("version %s: %s", version, diff)
		}
		a.Set(ticks(200), c32(ifEntry+".10.3", 900), c32(ifEntry+".16.3", 25))
		x.clock.seen = x.clock.seen.Add(-time.Second) // a second passed
		for k, n := range x.tables[0].rows["eth3"].narrow {
			if n.known {
				x.tables[0].rows["eth3"].narrow[k].at -= 1000
			}
		}
		if diff := cmp.Diff(map[string]float64{"ifInOctets eth3": 1000, "ifOutOctets eth3": 20}, pick(x.poll(), "ifInOctets", "ifOutOctets")); diff != "" {
			t.Errorf("version %s: %s", version, diff)
		}
	}
}

// TestAwkwardAgents: agents that cut, that find all too big, that answer from
// another address, give the same as a good one.
func TestAwkwardAgents(t *testing.T) {
	want := map[string]float64(nil)
	for name, change := range map[string]func(*snmpsim.Agent){
		"":              nil,
		"cuts":          func(a *snmpsim.Agent) { a.MaxVars = 17 },
		"too big":       func(a *snmpsim.Agent) { a.TooBig = 30 },
		"other address": func(a *snmpsim.Agent) { a.Other = true },
	} {
		a := agent(t, change)
		a.Set(ticks(100))
		for i := range 40 {
			a.Set(port(i+1, fmt.Sprintf("p%d", i+1), uint64(i))...)
		}
		x := newTester(t, Device{Address: a.Addr(), Name: "sw", Modules: []string{"if_mib"}})
		for range 3 {
			got := pick(x.poll(), "ifHCInOctets", "ifHCOutOctets", "ifOperStatus", "ifMtu", "snmp_interface_info")
			if want == nil {
				want = got
			}
			if diff := cmp.Diff(want, got); diff != "" || len(got) != 160 {
				t.Fatalf("%s: %d values\n%s", name, len(got), diff)
			}
		}
	}
}

func TestTuningGrowsAgain(t *testing.T) {
	a := agent(t, nil)
	a.Set(ticks(1))
	for i := range 100 {
		a.Set(port(i+1, fmt.Sprintf("p%d", i+1), 1)...)
	}
	x := newTester(t, Device{Address: a.Addr(), Modules: []string{"if_mib"}})
	x.tuning.repetitions = 1
	before, _ := a.Requests()
	x.poll()
	first, _ := a.Requests()
	for range 20 {
		x.poll()
	}
	third, _ := a.Requests()
	x.poll()
	fourth, _ := a.Requests()
	if fourth-third > (first-before)/4 {
		t.Errorf("%d requests at first, %d later", first-before, fourth-third)
	}
}

func TestScalarsTextsAndOwnObjects(t *testing.T) {
	for _, version := range []Version{"1", "2c"} {
		a := agent(t, nil)
		a.Set(ticks(100), str("1.3.6.1.2.1.1.5.0", "core-1"), integer("1.3.6.1.2.1.25.1.6.0", 321),
			str("1.3.6.1.4.1.2021.10.1.2.1", "Load-1"), str("1.3.6.1.4.1.2021.10.1.3.1", "0.25"),
			integer("1.3.6.1.4.1.9.1.5.7", 40), integer("1.3.6.1.4.1.9.1.5.8.1", 50), str("1.3.6.1.4.1.9.2.0", "12.5"), c32("1.3.6.1.4.1.9.3.0", 77),
			integer("1.3.6.1.2.1.99.1.1.1.1.4", 8), integer("1.3.6.1.2.1.99.1.1.1.2.4", 8), integer("1.3.6.1.2.1.99.1.1.1.3.4", 1),
			integer("1.3.6.1.2.1.99.1.1.1.4.4", 34567), integer("1.3.6.1.2.1.99.1.1.1.5.4", 1), str("1.3.6.1.2.1.47.1.1.1.1.7.4", "inlet"))
		x := newTester(t, Device{Address: a.Addr(), Version: version, Modules: []string{"system", "host_resources", "entity_sensors"}, OIDs: []OID{
			{OID: "1.3.6.1.4.1.9.1.5", Table: true, Metric: "fan_percent", Scale: 0.01},
			{OID: "1.3.6.1.4.1.9.2.0", Metric: "volts"},
			{OID: "1.3.6.1.4.1.9.3.0", Metric: "odd", Kind: "gauge"},
			{OID: "1.3.6.1.4.1.9.4.0", Metric: "missing"},
			{OID: "hrSystemProcesses", Metric: "again"},
			{OID: "laLoad.1"},
		}})
		got := x.poll()
		delete(got, "sysUpTime")
		want := map[string]float64{
			"sysName core-1": 1, "hrSystemProcesses": 321, "again": 321, "fan_percent 7": 0.4, "fan_percent 8.1": 0.5, "volts": 12.5, "odd": 77, "laLoad": 0.25,
			"entPhySensorValue 4 inlet": 3.4567, "entPhySensorOperStatus 4 inlet": 1, "entPhySensorType 4 inlet": 8, "entPhySensorScale 4 inlet": 8, "entPhySensorPrecision 4 inlet": 1,
		}
		for k, v := range got {
			if d := v - want[k]; d < 1e-12 && d > -1e-12 {
				got[k] = want[k]
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("version %s: %s", version, diff)
		}
	}
}

// TestDeadDevice is let be for longer and longer, is down at each instant all the
// same, and is asked at once when a trap comes from it.
func TestDeadDevice(t *testing.T) {
	a := agent(t, func(a *snmpsim.Agent) { a.Dead = true })
	x := newTester(t, Device{Address: a.Addr(), Name: "dead", Modules: []string{"system"}, Timeout: 10 * time.Millisecond})
	var asked []int
	for i := range 30 {
		before := x.polls
		x.turn(t.Context(), x.device, noon.Add(time.Duration(i)*10*time.Second), false)
		if x.polls != before {
			asked = append(asked, i)
		}
	}
	if diff := cmp.Diff([]int{0, 1, 3, 7, 13, 19, 25}, asked); diff != "" {
		t.Errorf("asked at (-want +got):\n%s", diff)
	}
	if ups := x.sink.all("up"); len(ups) != 30 || slices.ContainsFunc(ups, func(s metric.Sample) bool { return s.Value != 0 }) {
		t.Errorf("up: %v", ups)
	}
	before := x.polls
	x.turn(t.Context(), x.device, noon, true)
	if x.polls == before {
		t.Error("not asked when that was wanted")
	}
}

func TestSinkThatIsAway(t *testing.T) {
	a := agent(t, nil)
	a.Set(ticks(1))
	x := newTester(t, Device{Address: a.Addr(), Modules: []string{"system"}})
	x.sink.fail = errors.New("disk is full")
	x.turn(t.Context(), x.device, noon, false)
	x.sink.fail = nil
	x.turn(t.Context(), x.device, noon.Add(10*time.Second), false)
	if ups := x.sink.all("up"); len(ups) != 2 || ups[0].At != metric.Millis(noon) {
		t.Errorf("%v", ups)
	}
}

// TestRun polls two devices in their rhythm, one at once because that is asked
// for, and never one twice at a time.
func TestRun(t *testing.T) {
	quick, slow := agent(t, nil), agent(t, func(a *snmpsim.Agent) { a.Delay = 200 * time.Millisecond })
	s := &sink{}
	cfg := Default()
	cfg.Interval, cfg.SinkFor = time.Second, func(string) metric.Sink { return s }
	for i, a := range []*snmpsim.Agent{quick, slow} {
		a.Set(ticks(1), integer("1.3.6.1.2.1.25.1.6.0", i))
		cfg.Devices = append(cfg.Devices, Device{Address: a.Addr(), Name: fmt.Sprint("d", i), Modules: []string{"host_resources"}})
	}
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	deadline := time.Now().Add(20 * time.Second)
	for len(s.all("hrSystemProcesses")) < 6 && time.Now().Before(deadline) {
		if !p.Poll("d0") || !p.Poll("d1") || p.Poll("nobody") {
			t.Fatal("Poll")
		}
		time.Sleep(time.Millisecond)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if n := len(s.all("hrSystemProcesses")); n < 6 {
		t.Errorf("%d polls", n)
	}
	for _, a := range []*snmpsim.Agent{quick, slow} {
		if _, most := a.Requests(); most != 1 {
			t.Errorf("%d requests at once", most)
		}
	}
	if p.Device("127.0.0.1") == "" || p.Device("d1") != "d1" {
		t.Error("devices are not found by their address or name")
	}
}

func TestInstants(t *testing.T) {
	const interval = 10 * time.Second
	var parts [10]int
	for i := range 2000 {
		o := spread(fmt.Sprintf("switch-%04d", i), interval)
		if o < 0 || o >= interval {
			t.Fatalf("offset %v", o)
		}
		parts[o/time.Second]++
	}
	for i, n := range parts {
		if n < 140 || n > 260 {
			t.Errorf("%d devices in second %d", n, i)
		}
	}
	o := 3 * time.Second
	if got := following(noon, o, interval); got != noon.Add(3*time.Second) {
		t.Error(got)
	}
	if got := following(noon.Add(3*time.Second), o, interval); got != noon.Add(13*time.Second) {
		t.Error(got)
	}
}

// TestExchangeGivesAnswersToTheirRequests even when ids are near one another.
func TestExchangeGivesAnswersToTheirRequests(t *testing.T) {
	x, err := newExchange()
	if err != nil {
		t.Fatal(err)
	}
	defer x.socket.Close()
	to := netip.MustParseAddrPort("127.0.0.1:9")
	a, b := x.line(t.Context(), to), x.line(t.Context(), to)
	for i, l := range []*line{a, b, a} {
		if _, err := l.Write(message(t, gosnmp.Version2c, uint32(100+i))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Write(message(t, gosnmp.Version2c, 100)); !errors.Is(err, errInUse) {
		t.Errorf("an id in use: %v", err)
	}
	for _, id := range []uint32{102, 101, 100, 7} {
		x.give(message(t, gosnmp.Version2c, id))
	}
	if len(a.answers) != 2 || len(b.answers) != 1 || x.strays.Load() != 1 {
		t.Errorf("%d %d %d", len(a.answers), len(b.answers), x.strays.Load())
	}
	a.Close()
	x.give(message(t, gosnmp.Version2c, 100))
	if x.strays.Load() != 2 {
		t.Error("an answer was taken after Close")
	}
}
