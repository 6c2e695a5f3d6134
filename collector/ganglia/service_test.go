package ganglia

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/collector/ganglia/cluster"
	"plimsoll/collector/ganglia/xdr"
	"plimsoll/collector/port"
	"plimsoll/internal/metric"
)

// store keeps the last value of each series, by source.
type store struct {
	mu   sync.Mutex
	last map[string]metric.Sample // source and labels
	put  int
}

type storeOf struct {
	all    *store
	source string
}

func (s storeOf) Put(_ context.Context, samples []metric.Sample) error {
	s.all.mu.Lock()
	defer s.all.mu.Unlock()
	for _, one := range samples {
		s.all.last[s.source+" "+one.Labels.String()] = one
		s.all.put++
	}
	return nil
}

// find returns the values of a name, by instance.
func (s *store) find(name string) map[string]float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]float64{}
	for _, one := range s.last {
		if one.Name() == name {
			out[one.Labels.Get("instance")] = one.Value
		}
	}
	return out
}

func (s *store) sources() (out []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.last {
		source, _, _ := strings.Cut(key, " {")
		if !slices.Contains(out, source) {
			out = append(out, source)
		}
	}
	slices.Sort(out)
	return out
}

// running is a Ganglia on free ports, until the test ends.
type running struct {
	*Ganglia
	store *store
	stop  func()
}

func start(t *testing.T, change func(*Config)) *running {
	t.Helper()
	r := &running{store: &store{last: map[string]metric.Sample{}}}
	c := Default()
	c.Listen, c.XML, c.Interactive = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	c.Interval, c.Names, c.Local = time.Second, namesDNS, "here"
	c.SinkFor = func(source string) metric.Sink { return storeOf{r.store, source} }
	c.LookupAddr = func(_ context.Context, a string) ([]string, error) { return []string{"host-" + a + "."}, nil }
	if change != nil {
		change(&c)
	}
	var err error
	if r.Ganglia, err = New(c); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { // stop waits for it
		defer close(done)
		if err := r.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	r.stop = sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(r.stop)
	return r
}

// eventually waits until f has nothing to complain of.
func eventually(t *testing.T, what string, f func() error) {
	t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for {
		err := f()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %v", what, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (r *running) wants(t *testing.T, name, instance string, want float64) {
	t.Helper()
	eventually(t, name, func() error {
		if got, ok := r.store.find(name)[instance]; !ok || got != want {
			return fmt.Errorf("%s of %s is %v (%t), want %v: %v; %+v", name, instance, got, ok, want, r.store.find(name), r.Stats())
		}
		return nil
	})
}

// sender sends from an address of this machine.
func sender(t *testing.T, from string, to net.Addr) func(...*xdr.Packet) {
	t.Helper()
	c, err := net.DialUDP("udp", &net.UDPAddr{IP: net.ParseIP(from)}, to.(*net.UDPAddr))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return func(all ...*xdr.Packet) {
		for _, p := range all {
			if _, err := c.Write(xdr.Append(nil, *p)); err != nil {
				t.Error(err)
			}
		}
	}
}

func ask(t *testing.T, addr net.Addr, line string) string {
	t.Helper()
	c, err := net.Dial("tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := io.WriteString(c, line); err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(c)
	if err != nil && !errors.Is(err, syscall.ECONNRESET) { // of a query that was not read to its end
		t.Fatal(err)
	}
	return string(data)
}

// serveDocument answers each connection with one document.
func serveDocument(t *testing.T, document []byte) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() { // ends with ln
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write(document)
			_ = c.Close()
		}
	}()
	return ln.Addr().String()
}

func document(hosts ...string) []byte {
	w := cluster.NewWriter("gmond")
	w.BeginCluster(cluster.Head{Name: "c", LocalTime: 1})
	for i, name := range hosts {
		w.Host(&cluster.Host{Name: name, TMAX: 20, Metrics: []cluster.Metric{{Name: "m", Value: fmt.Sprint(i + 1), Type: "float", Slope: "both", TMAX: 60}}})
	}
	w.EndCluster()
	return w.Bytes()
}

func TestPollFailsOverAndStays(t *testing.T) {
	closed := serveDocument(t, nil)
	good := serveDocument(t, document("a", "b"))
	r := start(t, func(c *Config) {
		c.DataSources = []DataSource{{Name: "dbs", Addresses: []string{closed, good}, Interval: time.Second}}
	})
	r.wants(t, "m", "b", 2)
	r.wants(t, "up", "a", 1)
	if p := r.Stats().Polls; len(p) != 1 || p[0].Address != good || !p[0].Up || p[0].Hosts != 2 || p[0].Metrics != 2 {
		t.Errorf("%+v", p)
	}
	if d := cmp.Diff([]string{"ganglia dbs"}, r.store.sources()); d != "" {
		t.Error(d)
	}
}

func TestPollOrderBeginsWithTheOneThatAnsweredLast(t *testing.T) {
	addrs := []string{serveDocument(t, nil), serveDocument(t, nil), serveDocument(t, document("a")), serveDocument(t, nil)}
	r := start(t, nil)
	p := &poller{g: r.Ganglia, source: DataSource{Name: "x", Addresses: addrs}.withDefaults()}
	p.poll(t.Context())
	if p.good != 2 || !r.stats.isUp("x") {
		t.Fatalf("%d answered", p.good)
	}
	p.source.Addresses[2] = addrs[0]
	p.poll(t.Context())
	if s := r.Stats().Polls[0]; s.Up || s.Address != addrs[2] || strings.Count(s.LastError, "poll "+addrs[0]) != 2 || !strings.Contains(s.LastError, "without a word") {
		t.Errorf("%+v", s)
	}
}

func TestPollOfBadDocuments(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(document("zipped"))
	_ = z.Close()
	whole := document("first", "second")
	for name, c := range map[string]struct {
		document []byte
		hosts    int
		err      string
	}{
		"gzip":            {packed.Bytes(), 1, ""},
		"gzip, cut":       {packed.Bytes()[:packed.Len()/2], 0, "ends before its first host|no GANGLIA_XML"},
		"cut":             {whole[:bytes.LastIndex(whole, []byte("<HOST"))], 1, ""},
		"cut in the head": {whole[:2600], 0, "before its first host|no GANGLIA_XML"},
		"html":            {[]byte("<html>"), 0, "no GANGLIA_XML"},
		"too long":        {append(whole, make([]byte, 1<<20)...), 0, "more than 100000 bytes"},
		"a bad host":      {bytes.Replace(whole, []byte(`"first"`), []byte(`first`), 1), 1, ""},
	} {
		r := start(t, func(c *Config) { c.MaxDocumentBytes = 100_000 })
		p := &poller{g: r.Ganglia, source: DataSource{Name: "x", Addresses: []string{serveDocument(t, c.document)}}.withDefaults()}
		got, err := p.ask(t.Context(), p.source.Addresses[0])
		switch {
		case c.err == "" && (err != nil || got.Hosts != c.hosts):
			t.Errorf("%s: %d hosts, %v", name, got.Hosts, err)
		case c.err != "" && (err == nil || !slices.ContainsFunc(strings.Split(c.err, "|"), func(s string) bool { return strings.Contains(err.Error(), s) })):
			t.Errorf("%s: %v, want %s", name, err, c.err)
		}
		r.stop()
	}
}

func TestASlowSourceIsGivenUp(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close() // accepts nothing: the kernel does, and nobody answers
	begin := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := fetch(ctx, ln.Addr().String(), 1000); err == nil || time.Since(begin) > 20*time.Second {
		t.Errorf("%v after %v", err, time.Since(begin))
	}
}

func TestNamesOfSendersAreLookedUpBesideTheReading(t *testing.T) {
	slow := make(chan struct{})
	r := start(t, func(c *Config) {
		c.LookupAddr = func(ctx context.Context, a string) ([]string, error) {
			if a == "127.0.0.2" {
				return nil, errors.New("loopback is not looked up")
			}
			select {
			case <-slow:
			case <-ctx.Done():
			}
			return nil, ctx.Err()
		}
	})
	defer close(slow)
	send := sender(t, "127.0.0.2", r.Addr())
	send(meta("m", "float", xdr.Both), val("m", "7"))
	r.wants(t, "m", "here", 7)
	// One of another network waits; nobody else does.
	if name, known := r.resolver.name(web, time.Now()); known || name != "" {
		t.Errorf("%q is known at once", name)
	}
	send(val("m", "8"))
	r.wants(t, "m", "here", 8)
}

func TestResolver(t *testing.T) {
	c := Default()
	now := time.Unix(1_700_000_000, 0)
	c.Now = func() time.Time { return now }
	c.MaxSources = 2
	answer := []string{"web1.example."}
	c.LookupAddr = func(context.Context, string) ([]string, error) { return answer, nil }
	var found []string
	r := newResolver(&c, func(_ netip.Addr, name string, _ time.Time) { found = append(found, name) })
	look := func() string {
		name, _ := r.name(web, now)
		for len(r.waiting) > 0 {
			r.lookUp(t.Context(), <-r.waiting)
		}
		return name
	}
	look()
	if got := look(); got != "web1.example" {
		t.Errorf("%q", got)
	}
	now = now.Add(2 * nameAge)
	answer = nil // DNS is away: the name stays
	look()
	if got := look(); got != "web1.example" {
		t.Errorf("%q after DNS went away", got)
	}
	r.name(other, now)
	if got, _ := r.name(netip.MustParseAddr("10.9.9.9"), now); got != "10.9.9.9" {
		t.Errorf("%q beyond the bound of names", got)
	}
	if d := cmp.Diff([]string{"web1.example", "web1.example"}, found); d != "" {
		t.Error(d)
	}
}

func TestInteractiveQueries(t *testing.T) {
	r := start(t, func(c *Config) {
		c.Cluster, c.Grid = "farm", "the grid"
		c.DataSources = []DataSource{{Name: "dbs", Addresses: []string{serveDocument(t, document("a", "b"))}, Interval: time.Second}}
	})
	sender(t, "127.0.0.1", r.Addr())(meta("m", "float", xdr.Both), val("m", "4"), meta("n", "string", xdr.Both), val("n", "<&>"))
	r.wants(t, "m", "here", 4)
	r.wants(t, "m", "b", 2)
	const farm, c, here, a, b, m, n = `CLUSTER NAME="farm"`, `CLUSTER NAME="c"`, `HOST NAME="here"`, `HOST NAME="a"`, `HOST NAME="b"`, `METRIC NAME="m"`, `METRIC NAME="n" VAL="&lt;&amp;&gt;"`
	all := []string{farm, c, here, a, b, m, n, `GRID NAME="the grid"`, `SOURCE="gmetad"`, `<HOSTS UP="`, `SUM="3"`, `SUM="7"`}
	for line, has := range map[string][]string{
		"/\n":                       {farm, c, here, a, b, m, n},
		"/farm\r\n":                 {farm, here, m, n},
		"/farm/HERE/m\n":            {farm, here, m},
		"/farm/here/none\n":         {farm, here, m, n},
		"/c/b/m":                    {c, b, m},
		"/c/none\n":                 {c, a, b, m},
		"/c?filter=summary\n":       {c, `<HOSTS UP="`, `SUM="3"`},
		"/?filter=summary\n":        {farm, c, `<HOSTS UP="`, `SUM="3"`, `SUM="7"`},
		"/farm/here?filter=other\n": {farm, here, m, n},
	} {
		if !strings.HasSuffix(line, "\n") {
			line += "\n"
		}
		got := ask(t, r.InteractiveAddr(), line)
		for _, want := range all {
			expected := slices.Contains(has, want) || want == `GRID NAME="the grid"` || want == `SOURCE="gmetad"`
			if strings.Contains(got, want) != expected {
				t.Errorf("%q: %s is there: %t\n%s", line, want, !expected, got)
			}
		}
	}
	for _, line := range []string{"farm\n", "/<x>\n", "\n", strings.Repeat("x", maxQuery+1)} {
		if got := ask(t, r.InteractiveAddr(), line); got != "" {
			t.Errorf("%.20q is answered: %.100s", line, got)
		}
	}
}

func TestReadersAreBounded(t *testing.T) {
	r := start(t, func(c *Config) { c.MaxConnections = 2 })
	for range 5 {
		c, err := net.Dial("tcp", r.InteractiveAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	eventually(t, "places", func() error {
		if got := ask(t, r.XMLAddr(), ""); !strings.HasSuffix(got, "</GANGLIA_XML>\n") {
			return errors.New("the other port is not answered")
		}
		return nil
	})
	last, err := net.Dial("tcp", r.InteractiveAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer last.Close()
	_ = last.SetDeadline(time.Now().Add(30 * time.Second))
	if n, err := last.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("%d bytes, %v, where all places are taken", n, err)
	}
}

// querier answers each question with one number for the host mine.
type querier struct{ metric.Querier }

func (querier) Query(_ context.Context, q metric.Query) (metric.Result, error) {
	if strings.Contains(q.Expr, "node_load5") {
		return metric.Result{}, errors.New("broken")
	}
	point := []metric.Point{{At: q.End.UnixMilli(), Value: 2}}
	return metric.Result{Series: []metric.Series{
		{Labels: labels.FromStrings("instance", "mine"), Points: point},
		{Labels: labels.FromStrings("instance", "stranger"), Points: point},
	}}, nil
}

func TestOwnHosts(t *testing.T) {
	r := start(t, func(c *Config) {
		c.Querier = querier{}
		c.OwnHosts = func() []metric.Host {
			return []metric.Host{{Instance: "mine", Job: "node", Up: true, LastSeen: time.Now(), IntervalSeconds: 10}, {Instance: "mine", Job: "other"}, {Instance: "a/b"}}
		}
	})
	got := ask(t, r.XMLAddr(), "")
	for _, want := range []string{
		`<CLUSTER NAME="plimsoll"`, `<HOST NAME="mine" IP=""`, `TMAX="8"`, `<METRIC NAME="load_one" VAL="2.000" TYPE="float"`,
		`<METRIC NAME="cpu_num" VAL="2" TYPE="uint16"`, `NAME="part_max_used"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s", want)
		}
	}
	for _, not := range []string{"stranger", "a/b", `"load_five"`} {
		if strings.Contains(got, not) {
			t.Errorf("%s is there", not)
		}
	}
	if n := strings.Count(got, "<HOST "); n != 1 {
		t.Errorf("%d hosts", n)
	}
}

func TestTakenAddresses(t *testing.T) {
	r := start(t, nil)
	c := r.config
	c.Listen, c.XML, c.Interactive, c.Registerer = r.Addr().String(), r.XMLAddr().String(), r.InteractiveAddr().String(), nil
	c.Optional = false
	if g, err := New(c); err == nil || !strings.Contains(err.Error(), "ganglia.listen: listen on "+c.Listen) {
		t.Errorf("%v %v", g, err)
	}
	c.Optional = true
	var log lines
	c.Logger = slog.New(slog.NewTextHandler(&log, nil))
	second, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- second.Run(ctx) }() // received from below
	time.Sleep(2 * port.RetryEvery)         // it is tried, and no word is said of that
	r.stop()                                // the address is free, and taken over
	eventually(t, "the second one listens", func() error {
		if second.Addr() == nil {
			return errors.New("not yet")
		}
		return nil
	})
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if log.n != 3 {
		t.Errorf("%d lines tell that three addresses are taken", log.n)
	}
}

// lines counts the lines of a log.
type lines struct{ n int }

func (l *lines) Write(p []byte) (int, error) {
	l.n++
	return len(p), nil
}

func TestRefusedDatagrams(t *testing.T) {
	r := start(t, func(c *Config) {
		c.Allow = []string{"127.0.0.1", "127.0.0.3"}
		c.MaxSources, c.MaxPacketsPerSecond = 1, 5
		c.Now = func() time.Time { return time.Unix(1_700_000_000, 0) }
	})
	to := r.Addr().String()
	raw, err := net.Dial("udp", to)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	for _, b := range [][]byte{{0, 0, 0, 5}, []byte("plain text"), make([]byte, 3000)} {
		if _, err := raw.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	for range 50 {
		_, _ = raw.Write(xdr.Append(nil, *val("heartbeat", "1")))
	}
	sender(t, "127.0.0.2", r.Addr())(val("m", "1"))
	sender(t, "127.0.0.3", r.Addr())(val("m", "1"))
	eventually(t, "all are refused", func() error {
		s := r.Stats()
		for _, reason := range []string{reasonMalformed, reasonOld, reasonNotAllowed, reasonSources, reasonRate} {
			if s.Refused[reason] == 0 {
				return fmt.Errorf("%s: %+v", reason, s)
			}
		}
		return nil
	})
	if s := r.Stats().Sources; len(s) != 1 || s[0].Packets != 53 || s[0].Refused[reasonMalformed] != 2 || s[0].Refused[reasonOld] != 1 || s[0].Refused[reasonRate] != 48 {
		t.Errorf("%+v", s)
	}
}

func TestValidate(t *testing.T) {
	c := Config{Listen: "nowhere", XML: "x", Group: "10.0.0.1", Allow: []string{"all"}, Names: "any", AskPort: -1, Cluster: "a/b"}
	c.DataSources = []DataSource{{Name: "x"}, {Name: "x", Addresses: []string{""}, Timeout: time.Hour}}
	err := c.Validate()
	for _, key := range []string{
		"listen:", "xml:", "group:", "allow[0]", "names:", "ask_port:", "cluster:", "host_tmax:", "interval:", "forget:", "max_sources:",
		"read_buffer_bytes:", "data_sources[0].addresses", "data_sources[1].name", "data_sources[1].addresses[0]", "data_sources[1].timeout",
	} {
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("no %s in %v", key, err)
		}
	}
	if err := Default().Validate(); err != nil {
		t.Error(err)
	}
}

func TestLinesOfGmetadConf(t *testing.T) {
	for line, want := range map[string]DataSource{
		`data_source "my cluster" 10 localhost my.machine.edu:8650 1.2.3.5:8655`: {Name: "my cluster", Interval: 10 * time.Second, Addresses: []string{"localhost:8649", "my.machine.edu:8650", "1.2.3.5:8655"}},
		`"my grid" 50 1.3.4.7:8655 grid.org:8651`:                                {Name: "my grid", Interval: 50 * time.Second, Addresses: []string{"1.3.4.7:8655", "grid.org:8651"}},
		`another ::1 [::2]:5`: {Name: "another", Interval: pollInterval, Addresses: []string{"[::1]:8649", "[::2]:5"}},
	} {
		d, err := parseDataSource(line)
		d = d.withDefaults()
		want.Timeout = pollTimeout
		if diff := cmp.Diff(want, d); diff != "" || err != nil {
			t.Errorf("%s: %v %s", line, err, diff)
		}
	}
	if _, err := parseDataSource(`data_source "x`); err == nil {
		t.Error("an open quote is taken")
	}
}
