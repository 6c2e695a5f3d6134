package agent

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/agents/handler"
	"plimsoll/internal/handout"
)

// given is a collector that takes all samples and hands out a configuration.
type given struct {
	*httptest.Server

	mu    sync.Mutex // guards what follows
	text  string
	asked []http.Header
}

func newGiven(t *testing.T, text string) *given {
	t.Helper()
	g := &given{text: text}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/write", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Prometheus-Remote-Write-Samples-Written", "0")
	})
	mux.HandleFunc("GET "+handout.Path, func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.asked = append(g.asked, r.Header.Clone())
		sum := handout.Checksum([]byte(g.text))
		if r.Header.Get(handout.ChecksumHeader) == sum {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set(handout.ChecksumHeader, sum)
		_, _ = w.Write([]byte(g.text))
	})
	g.Server = httptest.NewServer(mux)
	t.Cleanup(g.Close)
	return g
}

func (g *given) say(text string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.text, g.asked = text, nil
}

// awaits waits until a request of the agent has the header.
func (g *given) awaits(t *testing.T, name, part string) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(30 * time.Second); ; <-tick.C {
		g.mu.Lock()
		for _, h := range g.asked {
			if strings.Contains(h.Get(name), part) {
				g.mu.Unlock()
				return
			}
		}
		g.mu.Unlock()
		if time.Now().After(end) {
			t.Fatalf("no request says %s: %s", name, part)
		}
	}
}

func testConfig(t *testing.T, url string) Config {
	c := Default()
	c.Instance, c.Data, c.Collectors = "web1", t.TempDir(), []string{url}
	c.Host.Enabled, c.Counterd.Enabled = false, false
	c.Fetch = Fetch{URL: url, Interval: time.Second}
	return c
}

// runs runs an agent until the test, or what is returned, ends it.
func runs(t *testing.T, c Config) (a *Agent, stop func()) {
	t.Helper()
	a, err := New(c, Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(stop)
	return a, stop
}

func TestFetchedConfigurationIsUsedAndKept(t *testing.T) {
	g := newGiven(t, "interval: 5s\n")
	c := testConfig(t, g.URL)
	a, stop := runs(t, c)
	g.awaits(t, handout.ChecksumHeader, handout.Checksum([]byte("interval: 5s\n")))
	stop()
	if a.config.Interval != 5*time.Second || a.config.Instance != "web1" {
		t.Errorf("%+v", a.config)
	}
	g.Close()
	again, err := New(c, Options{}) // the collector is away
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if again.config.Interval != 5*time.Second {
		t.Errorf("interval is %v after a restart", again.config.Interval)
	}
}

func TestBrokenConfigurationIsRefusedAndTold(t *testing.T) {
	g := newGiven(t, "interval: 5s\n")
	c := testConfig(t, g.URL)
	a, stop := runs(t, c)
	g.awaits(t, handout.ChecksumHeader, handout.Checksum([]byte("interval: 5s\n")))
	for text, told := range map[string]string{
		"interval: soon\n":   `interval: "soon"`,
		"instance: web2\n":   "instance: only the agent's own file",
		"data: /elsewhere\n": "data: only the agent's own file",
		"handlers: [{name: restart-nginx, command: [/bin/sh, -c, evil]}]\n": "handlers: only the agent's own file",
		"spool: {max_bytes: 1}\n": "spool.max_bytes: 1 is less",
	} {
		g.say(text)
		g.awaits(t, handout.ErrorHeader, told)
	}
	g.say("spool: {max_bytes: 1000000}\n")
	g.awaits(t, handout.ErrorHeader, "a restart is needed to change [spool]")
	stop()
	if a.config.Interval != 5*time.Second {
		t.Errorf("interval is %v", a.config.Interval)
	}
	text, err := os.ReadFile(filepath.Join(c.Data, fetchedName))
	if err != nil || string(text) != "spool: {max_bytes: 1000000}\n" {
		t.Errorf("kept is %q, %v", text, err)
	}
}

// What was wrong is told in a header, which does not take all that a file may hold.
func TestErrorThatFitsNoHeader(t *testing.T) {
	g := newGiven(t, "\"in\\x1bterval\\x00\": 5s\n")
	runs(t, testConfig(t, g.URL))
	g.awaits(t, handout.ErrorHeader, "terval")
	g.say("interval: 7s\n")
	g.awaits(t, handout.ChecksumHeader, handout.Checksum([]byte("interval: 7s\n")))
}

// What event handlers may run stands in the agent's own file: not even what is there
// already may come from elsewhere.
func TestHandlersAreNeverFetched(t *testing.T) {
	c := testConfig(t, "http://127.0.0.1:1")
	c.Handlers = handler.List{{Name: "restart-nginx", Command: []string{"/bin/true"}}}
	for _, text := range []string{
		"handlers: [{name: restart-nginx, command: [/bin/true]}]", "handlers: [{command: [/bin/sh, -c, evil]}]",
		"handlers: []", "handlers: [{name: other, command: [/bin/sh]}]\ninterval: 5s",
	} {
		out, err := c.Compose([]byte(text))
		if err == nil || !strings.Contains(err.Error(), "handlers: only the agent's own file may say it") {
			t.Errorf("%s: %v", text, err)
		}
		if diff := cmp.Diff([]string{"/bin/true"}, out.Handlers[0].Command); diff != "" || len(out.Handlers) != 1 {
			t.Errorf("%s: %s", text, diff)
		}
	}
	out, err := c.Compose([]byte("interval: 5s"))
	if err != nil || len(out.Handlers) != 1 || out.Handlers[0].Name != "restart-nginx" {
		t.Errorf("%+v, %v", out.Handlers, err)
	}
}

func TestComposeLeavesTheBaseAlone(t *testing.T) {
	c := testConfig(t, "http://127.0.0.1:1")
	c.Collectors = []string{"http://a:1", "http://b:1"}
	out, err := c.Compose([]byte("collectors: [http://c:1]\n"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"http://a:1", "http://b:1"}, c.Collectors); diff != "" || len(out.Collectors) != 1 {
		t.Errorf("%v %s", out.Collectors, diff)
	}
}

func TestReloadIsAllOrNothing(t *testing.T) {
	g := newGiven(t, "")
	c := testConfig(t, g.URL)
	c.Fetch.URL = ""
	a, stop := runs(t, c)
	wrong := c
	wrong.Interval = 0
	if err := a.Reload(t.Context(), wrong); err == nil {
		t.Error("took a wrong configuration")
	}
	elsewhere := c
	elsewhere.Data = t.TempDir()
	if err := a.Reload(t.Context(), elsewhere); !errors.Is(err, ErrRestart) {
		t.Errorf("got %v", err)
	}
	good := c
	good.Interval, good.Collectors = 2*time.Second, []string{g.URL, g.URL}
	if err := a.Reload(t.Context(), good); err != nil {
		t.Error(err)
	}
	stop()
	if a.config.Interval != 2*time.Second || a.config.Data != c.Data {
		t.Errorf("%+v", a.config)
	}
}
