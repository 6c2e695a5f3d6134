package ganglia

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/value"

	"plimsoll/collector/ganglia/cluster"
	"plimsoll/collector/ganglia/xdr"
	"plimsoll/internal/metric"
)

// bench is a table with a clock that stands still.
type bench struct {
	*table
	now     time.Time
	names   map[netip.Addr]string
	refused []string
	asked   int
}

func newBench(change func(*Config)) *bench {
	c := Default()
	c.Now = time.Now
	if change != nil {
		change(&c)
	}
	b := &bench{now: time.Unix(1_700_000_000, 0), names: map[netip.Addr]string{}}
	b.table = newTable(&c, func(reason, source, text string) { b.refused = append(b.refused, reason) })
	b.name = func(a netip.Addr, _ time.Time) (string, bool) {
		name, known := b.names[a]
		return name, known
	}
	b.names[web] = "web1"
	return b
}

var (
	web   = netip.MustParseAddr("10.0.0.1")
	other = netip.MustParseAddr("10.0.0.2")
)

func meta(name, kind string, slope xdr.Slope, more ...xdr.Extra) *xdr.Packet {
	return &xdr.Packet{ID: xdr.Metadata, Host: "vm", Name: name, Info: xdr.Info{Type: kind, Slope: slope, TMAX: 60, Extra: more}}
}

func val(name, text string) *xdr.Packet {
	return &xdr.Packet{ID: xdr.String, Host: "vm", Name: name, Format: "%s", Value: xdr.Value{Text: text}}
}

func spoof(p *xdr.Packet, host string) *xdr.Packet {
	p.Host, p.Spoofed = host, true
	return p
}

// take gives packets to the table and returns what is stored, as text.
func (b *bench) take(from netip.Addr, packets ...*xdr.Packet) (out []string) {
	for _, p := range packets {
		samples, ask := b.packet(p, from, b.now)
		if ask {
			b.asked++
		}
		out = append(out, texts(samples)...)
	}
	return out
}

func texts(samples []metric.Sample) (out []string) {
	for _, s := range samples {
		v := fmt.Sprint(s.Value)
		if value.IsStaleNaN(s.Value) {
			v = "stale"
		}
		out = append(out, fmt.Sprintf("%s %s %s @%d", s.Labels, s.Kind, v, s.At-1_700_000_000_000))
	}
	slices.Sort(out)
	return out
}

func (b *bench) ticked() (out []string) {
	for _, samples := range b.tick(b.now) {
		out = append(out, texts(samples)...)
	}
	slices.Sort(out)
	return out
}

func wants(t *testing.T, got []string, want ...string) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

const load = `{__name__="load_one", instance="web1", job="ganglia"}`

func TestMetadataAndValueInEitherOrder(t *testing.T) {
	b := newBench(nil)
	wants(t, b.take(web, meta("load_one", "float", xdr.Both), val("load_one", "1.5")), load+" gauge 1.5 @0")
	b = newBench(nil)
	wants(t, b.take(web, val("load_one", "1"), val("load_one", "1.5"), meta("load_one", "float", xdr.Both)), load+" gauge 1.5 @0")
	if b.asked != 1 {
		t.Errorf("metadata were asked for %d times at once", b.asked)
	}
	b.now = b.now.Add(askAgain)
	b.take(web, val("load_five", "1"), val("load_five", "2"))
	if b.asked != 2 {
		t.Errorf("metadata of another metric were asked for %d times", b.asked-1)
	}
	if c := b.counts(); c.undescribed != 1 || c.metrics != 2 {
		t.Errorf("%+v", c)
	}
}

func TestAValueThatWaitedTooLongIsNotTold(t *testing.T) {
	b := newBench(nil)
	b.take(web, val("m", "1"))
	b.now = b.now.Add(5 * time.Minute)
	wants(t, b.take(web, meta("m", "float", xdr.Both)))
}

func TestKindsAndLabels(t *testing.T) {
	b := newBench(func(c *Config) { c.Cluster = "farm" })
	wants(t, b.take(web, meta("hits", "uint32", xdr.Positive, xdr.Extra{Name: "GROUP", Value: "web"}), val("hits", "17")),
		`{__name__="hits", cluster="farm", group="web", instance="web1", job="ganglia"} counter 17 @0`)
	wants(t, b.take(web, meta("disk-util %", "uint8", xdr.Derivative, xdr.Extra{Name: "CLUSTER", Value: "other"}), val("disk-util %", "300")),
		`{__name__="disk_util__", cluster="other", instance="web1", job="ganglia"} counter 300 @0`)
	wants(t, b.take(web, meta("9lives", "float", xdr.Zero), &xdr.Packet{ID: xdr.Float, Name: "9lives", Value: xdr.Value{Number: 1.5}}),
		`{__name__="_9lives", cluster="farm", instance="web1", job="ganglia"} gauge 1.5 @0`)
	wants(t, b.take(web, meta("motd", "string", xdr.Both), val("motd", "42")))
	if b.counts().texts != 1 || len(b.refused) > 0 {
		t.Errorf("%+v %v", b.counts(), b.refused)
	}
}

func TestRefused(t *testing.T) {
	b := newBench(func(c *Config) { c.MaxMetricsPerHost = 6 })
	wants(t, b.take(web, meta("disk-util", "float", xdr.Both), meta("disk_util", "float", xdr.Both), val("disk-util", "1"), val("disk_util", "2")),
		`{__name__="disk_util", instance="web1", job="ganglia"} gauge 1 @0`)
	wants(t, b.take(web, meta("m", "float", xdr.Both), val("m", "abc"), val("m", ""), val("m", "inf"),
		&xdr.Packet{ID: xdr.Double, Name: "m", Value: xdr.Value{Number: math.NaN()}}))
	wants(t, b.take(web, meta("up", "float", xdr.Both), val("up", "1"), val("../x", "1"), val("", "1"), val(strings.Repeat("x", 256), "1"),
		spoof(val("m", "1"), "1.2.3.4:../../etc")))
	b.take(web, val("five", "1"), val("six", "1"), val("seven", "1"))
	wants(t, b.refused, reasonCollision, reasonNumber, reasonNumber, reasonNumber, reasonNumber, reasonReserved,
		reasonName, reasonName, reasonName, reasonName, reasonMetrics)
}

func TestHostsAreBoundedBySource(t *testing.T) {
	b := newBench(func(c *Config) { c.MaxHosts, c.MaxHostsPerSource = 3, 2 })
	for i := range 5 {
		b.take(web, spoof(val("m", "1"), fmt.Sprintf("1.2.3.%d:h", i)))
	}
	b.names[other] = "other"
	wants(t, b.take(other, meta("m", "float", xdr.Both), val("m", "1")), `{__name__="m", instance="other", job="ganglia"} gauge 1 @0`)
	b.take(other, spoof(val("m", "1"), "9.9.9.9:x"))
	wants(t, b.refused, reasonHosts, reasonHosts, reasonHosts, reasonHosts)
}

func TestSpoofedHosts(t *testing.T) {
	b := newBench(nil)
	wants(t, b.take(web, spoof(meta("temp", "double", xdr.Both), "10.1.2.3:sensor1"), spoof(val("temp", "-3.5"), "10.1.2.3:sensor1")),
		`{__name__="temp", instance="sensor1", job="ganglia"} gauge -3.5 @0`)
	for in, want := range map[string][2]string{
		"10.1.2.3:sensor1": {"10.1.2.3", "sensor1"},
		"10.1.2.3:":        {"10.1.2.3", "10.1.2.3"},
		"sensor":           {"sensor", "sensor"},
		"[fe80::1]:sensor": {"fe80::1", "sensor"},
		"[fe80::1]":        {"fe80::1", "fe80::1"},
	} {
		if ip, name := spoofed(in); ip != want[0] || name != want[1] {
			t.Errorf("%q: %q, %q", in, ip, name)
		}
	}
	// A spoofed heartbeat alone keeps the host up.
	for range 10 {
		b.now = b.now.Add(15 * time.Second)
		b.take(web, spoof(val("heartbeat", "0"), "10.1.2.3:sensor1"))
	}
	if !slices.Contains(b.ticked(), fmt.Sprintf(`{__name__="up", instance="sensor1", job="ganglia"} gauge 1 @%d`, 150_000)) {
		t.Error("the host is not up")
	}
}

func TestValuesWaitForTheNameOfTheirHost(t *testing.T) {
	b := newBench(nil)
	wants(t, b.take(other, meta("load_one", "float", xdr.Both), val("load_one", "2")))
	b.now = b.now.Add(time.Second)
	source, samples := b.named(other, "web2", b.now)
	wants(t, texts(samples), `{__name__="load_one", instance="web2", job="ganglia"} gauge 2 @1000`)
	if source != other.String() {
		t.Error(source)
	}
	b.names[other] = "web3" // it was looked up again
	b.now = b.now.Add(time.Second)
	got := b.take(other, val("load_one", "3"))
	if !slices.Contains(got, `{__name__="load_one", instance="web3", job="ganglia"} gauge 3 @2001`) {
		t.Errorf("after another name came: %q", got)
	}
}

func TestNames(t *testing.T) {
	for names, want := range map[string]string{namesPacket: "vm", namesAddress: "10.0.0.1", namesDNS: "web1"} {
		b := newBench(func(c *Config) { c.Names = names })
		wants(t, b.take(web, meta("m", "float", xdr.Both), val("m", "1")), `{__name__="m", instance="`+want+`", job="ganglia"} gauge 1 @0`)
	}
}

// A gauge holds for four times its TMAX, then it is unknown; a counter is told only
// when it comes.
func TestGaugesHoldAndEnd(t *testing.T) {
	b := newBench(nil)
	b.take(web, meta("load_one", "float", xdr.Both), val("load_one", "1"), meta("hits", "uint32", xdr.Positive), val("hits", "5"))
	var told, ends []string
	for range 20 {
		b.now = b.now.Add(15 * time.Second)
		for _, s := range b.ticked() {
			switch {
			case strings.Contains(s, "stale"):
				ends = append(ends, s)
			case strings.HasPrefix(s, load):
				told = append(told, s)
			case !strings.Contains(s, `"up"`):
				t.Errorf("told: %s", s)
			}
		}
	}
	if len(told) != 16 { // 240 s, each 15 s
		t.Errorf("told %d times: %q", len(told), told)
	}
	wants(t, ends, `{__name__="hits", instance="web1", job="ganglia"} counter stale @255000`, load+" gauge stale @255000")
	wants(t, b.take(web, val("load_one", "3")), load+" gauge 3 @300000")
}

func TestUpByFourTimesTMAX(t *testing.T) {
	b := newBench(nil)
	b.take(web, val("heartbeat", "1"))
	var got []string
	for range 7 {
		b.now = b.now.Add(15 * time.Second)
		got = append(got, b.ticked()...)
	}
	up := func(v, at int) string {
		return fmt.Sprintf(`{__name__="up", instance="web1", job="ganglia"} gauge %d @%d000`, v, at)
	}
	wants(t, got, up(1, 15), up(1, 30), up(1, 45), up(1, 60), up(1, 75), up(0, 90), up(0, 105))
}

func TestDMAXRemovesMetricsAndForgetRemovesHosts(t *testing.T) {
	b := newBench(func(c *Config) { c.Forget = time.Hour })
	short := meta("short", "float", xdr.Both)
	short.Info.DMAX = 30
	b.take(web, short)
	b.now = b.now.Add(time.Minute)
	b.ticked()
	if b.counts().metrics != 1 {
		t.Fatal("metadata went before their first value came")
	}
	b.take(web, val("short", "1"), val("heartbeat", "0"))
	b.now = b.now.Add(45 * time.Second)
	if got := b.ticked(); !slices.Contains(got, `{__name__="short", instance="web1", job="ganglia"} gauge stale @105000`) || b.counts().metrics != 0 {
		t.Errorf("%q, %+v", got, b.counts())
	}
	b.now = b.now.Add(time.Hour)
	wants(t, b.ticked())
	if b.counts().hosts != 0 || len(b.bySource) != 0 {
		t.Errorf("%+v %v", b.counts(), b.bySource)
	}
}

func polled(tn int64, metrics ...cluster.Metric) *cluster.Host {
	return &cluster.Host{Name: "db1", IP: "10.0.0.9", TN: tn, TMAX: 20, Metrics: metrics}
}

func TestPolledHosts(t *testing.T) {
	b := newBench(nil)
	poll := func(h *cluster.Host) []string {
		return texts(b.report("dbs", cluster.Head{Name: "databases"}, h, b.now))
	}
	gauge := cluster.Metric{Name: "load_one", Value: "1.5", Type: "float", Slope: "both", TN: 40, TMAX: 70, Extra: []cluster.Extra{{Name: "GROUP", Value: "load"}}}
	hits := cluster.Metric{Name: "hits", Value: "10", Type: "uint32", Slope: "positive", TN: 5, TMAX: 60}
	const l = `{__name__="load_one", cluster="databases", group="load", instance="db1", job="ganglia"} gauge 1.5`
	const h = `{__name__="hits", cluster="databases", instance="db1", job="ganglia"} counter `
	wants(t, poll(polled(3, gauge, hits)), h+"10 @-5000", l+" @0")
	b.now = b.now.Add(15 * time.Second)
	hits.TN += 15
	wants(t, poll(polled(3, gauge, hits)), l+" @15000")
	b.now = b.now.Add(15 * time.Second)
	hits.TN, hits.Value = 1, "12"
	wants(t, poll(polled(3, hits)), h+"12 @29000")
	wants(t, b.ticked(), `{__name__="up", cluster="databases", instance="db1", job="ganglia"} gauge 1 @30000`)
	// Of a silent host nothing is stored but that it is down.
	b.now = b.now.Add(15 * time.Second)
	wants(t, poll(polled(81, gauge, hits)))
	wants(t, b.ticked(), `{__name__="up", cluster="databases", instance="db1", job="ganglia"} gauge 0 @45000`)
	// Where the source itself is silent, that is not known either.
	b.setSilent("dbs", true)
	wants(t, b.ticked())
	wants(t, texts(b.report("dbs", cluster.Head{}, &cluster.Host{Name: "a/b"}, b.now)))
	wants(t, b.refused, reasonName)
}

func TestValuesInOneMillisecondKeepTheirOrder(t *testing.T) {
	b := newBench(nil)
	got := b.take(web, meta("load_one", "float", xdr.Both), val("load_one", "1"), val("load_one", "2"))
	wants(t, got, load+" gauge 1 @0", load+" gauge 2 @1")
	for range 2000 {
		b.take(web, val("load_one", "3"))
	}
	if n := len(b.refused); n == 0 || n > 1100 || b.refused[0] != reasonOften {
		t.Errorf("%d refused", n)
	}
}
