package weblog

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"plimsoll/agents/weblog/count"
	"plimsoll/agents/weblog/syslog"
	"plimsoll/internal/durable/durabletest"
	"plimsoll/internal/metric"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// store refuses what it has, and adds up what it takes, as a real one.
type store struct {
	last    map[string]int64
	totals  map[string]float64 // requests, by series
	timed   float64
	refused int
	fail    func() error
	at      []int64 // of the samples of requests
}

func newStore() *store {
	return &store{last: map[string]int64{}, totals: map[string]float64{}, fail: func() error { return nil }}
}

func (s *store) Put(_ context.Context, samples []metric.Sample) error {
	err := s.fail()
	if err != nil && !errors.Is(err, errAfter) {
		return err
	}
	var refused *metric.RefusedError
	for _, one := range samples {
		key := one.Labels.String()
		if one.At <= s.last[key] {
			refused = refused.Refuse(one, "duplicate")
			s.refused++
			continue
		}
		s.last[key] = one.At
		switch one.Name() {
		case count.NameRequests:
			if one.Value < s.totals[key] {
				return errors.New("a total fell")
			}
			s.totals[key] = one.Value
			s.at = append(s.at, one.At)
		case count.NameDuration:
			s.timed += one.Sketch.Count()
		}
	}
	return errors.Join(err, refused.OrNil())
}

func (s *store) requests() (n float64) {
	for _, v := range s.totals {
		n += v
	}
	return n
}

// farm is a log, its clock, and the store that its counts go to.
type farm struct {
	t     interface{ Fatal(...any) }
	dir   string
	now   time.Time
	store *store
	cfg   Config
	a     *Analyzer
	lines int
}

func newFarm(t interface{ Fatal(...any) }, dir string, change func(*Config)) *farm {
	f := &farm{t: t, dir: dir, now: noon, store: newStore()}
	f.cfg = Default()
	f.cfg.Syslog, f.cfg.Instance = nil, "web1"
	f.cfg.Files = []File{{Path: filepath.Join(dir, "access.log"), Format: "apache_timed", From: "start"}}
	f.cfg.Dir = filepath.Join(dir, "state")
	f.cfg.SinkFor = func(string) metric.Sink { return f.store }
	f.cfg.Now = func() time.Time { return f.now }
	if change != nil {
		change(&f.cfg)
	}
	f.start()
	return f
}

// start begins anew, as after a kill: what the analyzer before knew is gone.
func (f *farm) start() {
	var err error
	if f.a, err = New(f.cfg); err != nil {
		f.t.Fatal(err)
	}
	if err := f.a.begin(context.Background()); err != nil {
		f.t.Fatal(err)
	}
}

// request writes a line of one that ended so long ago.
func (f *farm) request(ago time.Duration, path string) {
	f.lines++
	f.write(fmt.Sprintf(`192.0.2.1 - - [%s] "GET %s HTTP/1.1" 200 2326 "-" "curl/8" 0`+"\n", f.now.Add(-ago).Format("02/Jan/2006:15:04:05 -0700"), path))
}

func (f *farm) write(text string) {
	file, err := os.OpenFile(filepath.Join(f.dir, "access.log"), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err == nil {
		_, err = file.WriteString(text)
	}
	if err == nil {
		err = file.Close()
	}
	if err == nil {
		err = os.Chtimes(file.Name(), f.now, f.now)
	}
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *farm) round(passes time.Duration) {
	f.now = f.now.Add(passes)
	f.a.round(context.Background())
}

func TestRequestsBecomeSeries(t *testing.T) {
	f := newFarm(t, t.TempDir(), nil)
	f.request(0, "/a/1")
	f.request(0, "/a/2?x")
	f.write("nonsense\n")
	f.round(time.Second)
	if f.store.requests() != 0 {
		t.Error("counted before its interval is over")
	}
	f.round(15 * time.Second)
	if f.store.requests() != 2 || f.store.timed != 2 || len(f.store.totals) != 1 {
		t.Errorf("%v, %g timed", f.store.totals, f.store.timed)
	}
	if s := f.a.Stats(); s.Files != 1 || !strings.Contains(s.Bad["not of the format"].Error, `"nonsense"`) {
		t.Errorf("%+v", s)
	}
}

// Old lines come out at their own times, however late they are read.
func TestOldLinesKeepTheirTimes(t *testing.T) {
	f := newFarm(t, t.TempDir(), nil)
	for i := range 100 {
		f.request(time.Duration(100-i)*time.Minute, "/")
	}
	f.round(time.Second)
	f.round(10 * time.Second)
	if n := f.store.requests(); n != 100 || f.a.Stats().Late != 0 {
		t.Errorf("%g requests, %d late", n, f.a.Stats().Late)
	}
	if first := f.store.at[0]; first != noon.Add(-100*time.Minute+10*time.Second).UnixMilli() {
		t.Errorf("the first is of %v", time.UnixMilli(first).UTC())
	}
}

var errAfter = errors.New("the answer was lost")

// Killed at any time, with a sink that is away or whose answer is lost, over
// rotations: each request counts once, in totals and in timings.
func TestEachRequestOnce(t *testing.T) {
	base := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp(base, "")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		f := newFarm(t, dir, nil)
		f.request(0, "/a")
		f.round(0) // from now on it is known
		generation := 0
		t.Repeat(map[string]func(*rapid.T){
			"request": func(t *rapid.T) {
				for range rapid.IntRange(1, 5).Draw(t, "n") {
					f.request(time.Duration(rapid.IntRange(0, 40).Draw(t, "ago"))*time.Second, rapid.SampledFrom([]string{"/a", "/b"}).Draw(t, "path"))
				}
			},
			"round": func(t *rapid.T) {
				f.round(time.Duration(rapid.SampledFrom([]int{0, 1, 7, 10, 900}).Draw(t, "seconds")) * time.Second)
			},
			"kill": func(*rapid.T) { f.a.tailer.Close(); f.start() },
			"sink": func(t *rapid.T) {
				err := rapid.SampledFrom([]error{nil, errors.New("away"), errAfter}).Draw(t, "answer")
				f.store.fail = func() error { return err }
			},
			"rotate": func(t *rapid.T) {
				generation++
				if err := os.Rename(filepath.Join(dir, "access.log"), filepath.Join(dir, fmt.Sprintf("access.log.%d", generation))); err != nil {
					return
				}
			},
		})
		f.store.fail = func() error { return nil }
		f.round(time.Hour)
		f.round(20 * time.Second)
		if n := f.store.requests(); n != float64(f.lines) || f.store.timed != n {
			t.Fatalf("%g requests and %g timed, %d were logged", n, f.store.timed, f.lines)
		}
	})
}

// TestEachOperationOfTheDiskMayFail has the n-th operation on the state's disk
// fail, and all after it, or tears it as a crash does: afterwards, with a disk that
// works, each request has counted once.
func TestEachOperationOfTheDiskMayFail(t *testing.T) {
	work := func(f *farm) {
		for i := range 6 {
			f.request(0, fmt.Sprintf("/word%c", 'a'+i))
			f.round(7 * time.Second)
		}
	}
	healthy := durabletest.New(durabletest.Fail, 0)
	work(newFarm(t, t.TempDir(), func(c *Config) { c.FS = healthy }))
	if healthy.Ops() < 10 {
		t.Fatalf("only %d operations", healthy.Ops())
	}
	for name, mode := range durabletest.Modes {
		for n := int64(1); n <= healthy.Ops(); n++ {
			dir, fs := t.TempDir(), durabletest.New(mode, n)
			f := newFarm(t, dir, nil)
			f.cfg.FS = fs
			if a, err := New(f.cfg); err == nil {
				f.a = a
			}
			work(f)
			f.a.tailer.Close()
			f.cfg.FS = nil
			f.start()
			f.round(time.Minute)
			f.round(20 * time.Second)
			if got := f.store.requests(); got != 6 || f.store.timed != 6 {
				t.Errorf("%s at %d: %g requests and %g timed, 6 were logged", name, n, got, f.store.timed)
			}
			f.a.tailer.Close()
		}
	}
}

func TestFromTells(t *testing.T) {
	for from, want := range map[string]float64{"start": 3, "end": 1, noon.Add(-90 * time.Minute).Format(time.RFC3339): 2} {
		dir := t.TempDir()
		f := newFarm(t, dir, func(c *Config) { c.Files[0].From = from })
		f.request(2*time.Hour, "/")
		f.request(time.Hour, "/")
		f.round(0)
		f.request(0, "/")
		f.round(time.Second)
		f.round(20 * time.Second)
		if n := f.store.requests(); n != want {
			t.Errorf("from %s: %g requests, want %g", from, n, want)
		}
	}
}

func TestWhatWasImportedIsSkipped(t *testing.T) {
	f := newFarm(t, t.TempDir(), func(c *Config) {
		c.Imported = func(context.Context) (time.Time, error) { return noon.Add(-90 * time.Minute), nil }
	})
	f.request(2*time.Hour, "/")
	f.request(time.Hour, "/")
	f.round(time.Second)
	f.round(20 * time.Second)
	if n := f.store.requests(); n != 1 {
		t.Errorf("%g requests", n)
	}
}

func TestStateThatCannotBeReadIsPutAside(t *testing.T) {
	f := newFarm(t, t.TempDir(), nil)
	f.request(0, "/")
	f.round(time.Minute)
	name := filepath.Join(f.cfg.Dir, stateName)
	for _, text := range []string{"{", `{"version":9}`, `{"version":1,"table":{"open":[{"cells":[{"page":7}]}]}}`} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		f.start()
		if kept, err := os.ReadFile(name + ".bad"); err != nil || string(kept) != text {
			t.Errorf("%q: %q, %v", text, kept, err)
		}
	}
}

func TestFormatsAreFoundAndKept(t *testing.T) {
	f := newFarm(t, t.TempDir(), func(c *Config) { c.Files[0].Format = "auto" })
	f.write("#Software: Microsoft Internet Information Services 10.0\n#Fields: date time cs-method cs-uri-stem sc-status time-taken\n")
	f.write("2026-11-21 11:59:58 GET /a 200 1500\n")
	f.round(20 * time.Second)
	f.start()
	f.write("2026-11-21 12:00:18 GET /a 200 2500\n")
	f.round(20 * time.Second)
	if n := f.store.requests(); n != 2 || f.store.timed != 2 {
		t.Errorf("%g requests; %+v", n, f.a.Stats())
	}
	f.write(`{"time":"2026-11-21T12:00:40Z","status":200,"request_time":0.5}` + "\n") // the log changes its format
	f.round(20 * time.Second)
	if n := f.store.requests(); n != 3 {
		t.Errorf("%g requests; %+v", n, f.a.Stats())
	}
}

func TestSyslogOfManyServers(t *testing.T) {
	f := newFarm(t, t.TempDir(), func(c *Config) { c.Files, c.Syslog, c.Now = nil, []syslog.Config{syslog.Default("127.0.0.1:0")}, nil })
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- f.a.Run(ctx) }()
	conn, err := net.Dial("tcp", f.a.Addrs()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now().Format("02/Jan/2006:15:04:05 -0700")
	for _, host := range []string{"web1", "web2", "web1"} {
		if _, err := fmt.Fprintf(conn, "<134>Nov 21 13:24:10 %s nginx: ::1 - - [%s] \"GET / HTTP/1.1\" 200 9\n", host, at); err != nil {
			t.Fatal(err)
		}
	}
	conn.Close()
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	// What was open is delivered after the next start.
	f.cfg.Syslog, f.cfg.Now = nil, func() time.Time { return time.Now().Add(time.Minute) }
	f.start()
	f.round(0)
	if n := f.store.requests(); n != 3 || len(f.store.totals) != 2 {
		t.Errorf("%v", f.store.totals)
	}
}

func TestValidateSaysAll(t *testing.T) {
	c := Config{
		Labels: map[string]string{"code": "x"}, Files: []File{{Path: "[", Format: "x", Zone: "x", From: "x"}},
		Syslog: []syslog.Config{{Address: "x", Format: "y"}},
	}
	err := c.Validate()
	for _, key := range []string{
		"instance", "job", "interval", "max_servers", "max_vhosts", "max_classes", "max_line_bytes", "queue_lines", "labels.code",
		"files[0].path", "files[0].format", "files[0].zone", "files[0].from", "syslog[0].address", "syslog[0].format",
	} {
		if err == nil || !strings.Contains(err.Error(), key+":") {
			t.Errorf("%v does not name %s", err, key)
		}
	}
	if err := func() error { c := Default(); c.Instance = "a"; return c.Validate() }(); err != nil {
		t.Error(err)
	}
}
