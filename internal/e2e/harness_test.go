package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// bin is where TestMain puts the binaries.
var bin string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "plimsoll-e2e-")
	if err != nil {
		panic(err)
	}
	bin = dir
	code := 1
	if err := build(); err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else {
		widen()
		code = m.Run()
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

// widen lets more tests run at a time than there are processors: most of their
// time they wait for what happens in the processes that they started.
func widen() {
	flag.Parse()
	if flag.Lookup("test.parallel").Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		_ = flag.Set("test.parallel", strconv.Itoa(runtime.GOMAXPROCS(0)+2))
	}
}

func build() error {
	for name, cgo := range map[string]string{"plimsoll": "1", "plimsoll-agent": "0"} {
		cmd := exec.Command("go", "build", "-o", filepath.Join(bin, name), "plimsoll/cmd/"+name)
		cmd.Env = append(os.Environ(), "CGO_ENABLED="+cgo)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", name, err, out)
		}
	}
	return nil
}

// patience is how long a test waits for what ought to come soon. It is long
// because the machine may be busy; nothing is measured by it.
const patience = 60 * time.Second

// eventually calls f until it returns nil, and fails after patience with f's
// last error.
func eventually(t *testing.T, what string, f func() error) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		err := f()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %v", what, err)
		}
		select {
		case <-t.Context().Done():
			t.Fatalf("%s: %v", what, err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// process is a program that a test started.
type process struct {
	*exec.Cmd
	out    *output
	exited chan struct{} // closed when Wait has returned
	code   int
}

// output keeps what a program wrote, for failures and for being waited on.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// start runs a program until the test ends, or until it is told to stop.
func start(t *testing.T, name string, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(name, args...), out: &output{}, exited: make(chan struct{})}
	p.Stdout, p.Stderr = p.out, p.out
	if err := p.Start(); err != nil {
		t.Fatalf("start %s: %v (make test installs what is needed)", name, err)
	}
	go func() { // ends with the process, which the cleanup kills
		err := p.Wait()
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			p.code = exit.ExitCode()
		}
		close(p.exited)
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("%s wrote:\n%s", filepath.Base(name), tail(p.out.String()))
		}
	})
	return p
}

func tail(s string) string {
	const keep = 8000
	if len(s) > keep {
		return "…" + s[len(s)-keep:]
	}
	return s
}

func (p *process) kill() {
	_ = p.Process.Kill()
	<-p.exited
}

// stop asks the program to end and returns its exit code.
func (p *process) stop(t *testing.T) int {
	t.Helper()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.exited:
	case <-time.After(patience):
		t.Fatalf("%s did not end within %s of SIGTERM", filepath.Base(p.Path), patience)
	}
	return p.code
}

// server is a running `plimsoll serve`.
type server struct {
	*process
	url, udp, data string
}

var listening = regexp.MustCompile(`API on (https?://\S+), counters on udp (\S+),`)

// serve starts the service on free ports. Options come before the defaults, so
// that a test can keep its data directory.
func serve(t *testing.T, data string, args ...string) *server {
	t.Helper()
	return serveBy(t, nil, data, args...)
}

// serveBy has the service started by another program.
func serveBy(t *testing.T, by []string, data string, args ...string) *server {
	t.Helper()
	args = append([]string{"serve", "-data", data, "-http", "127.0.0.1:0", "-udp", "127.0.0.1:0"}, args...)
	args = slices.Concat(by, []string{filepath.Join(bin, "plimsoll")}, args)
	s := &server{process: start(t, args[0], args[1:]...), data: data}
	eventually(t, "plimsoll serve says where it listens", func() error {
		m := listening.FindStringSubmatch(s.out.String())
		if m == nil {
			select {
			case <-s.exited:
				t.Fatalf("plimsoll serve ended with %d:\n%s", s.code, s.out)
			default:
			}
			return errors.New(s.out.String())
		}
		s.url, s.udp = m[1], m[2]
		return nil
	})
	eventually(t, "ready", func() error {
		_, err := s.get("/readyz")
		return err
	})
	return s
}

func (s *server) get(path string) ([]byte, error) { return fetch(s.url + path) }

func fetch(address string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", address, res.Status, body)
	}
	return body, err
}

// json reads an own API route into v.
func (s *server) json(path string, v any) error {
	body, err := s.get(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(body, v)
}

// point is a value of the Prometheus API, as its text.
type point struct {
	at    float64
	value string
}

func (p *point) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, &[]any{&p.at, &p.value}) }

func (p point) float(t *testing.T) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(p.value, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

type series struct {
	Metric map[string]string
	Value  point
	Values []point
}

// query asks an instant question.
func (s *server) query(expr string) ([]series, error) {
	return s.ask("/api/v1/query?" + url.Values{"query": {expr}}.Encode())
}

// queryRange asks for the points of [from, to], step seconds apart.
func (s *server) queryRange(expr string, from, to, step int64) ([]series, error) {
	v := url.Values{"query": {expr}}
	v.Set("start", strconv.FormatInt(from, 10))
	v.Set("end", strconv.FormatInt(to, 10))
	v.Set("step", strconv.FormatInt(step, 10))
	return s.ask("/api/v1/query_range?" + v.Encode())
}

func (s *server) ask(path string) ([]series, error) {
	var answer struct{ Data struct{ Result []series } }
	err := s.json(path, &answer)
	return answer.Data.Result, err
}

// wants waits until an instant query has the one value.
func (s *server) wants(t *testing.T, expr, value string) {
	t.Helper()
	eventually(t, expr+" = "+value, func() error {
		got, err := s.query(expr)
		if err != nil {
			return err
		}
		if len(got) != 1 || got[0].Value.value != value {
			return fmt.Errorf("got %+v", got)
		}
		return nil
	})
}

// freePort returns a TCP port that nobody listens on now.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// plimsoll runs a command of the CLI to its end.
func plimsoll(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), filepath.Join(bin, "plimsoll"), args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// writeFile puts text into a file of dir and returns its path.
func writeFile(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// lines calls f for each line of r until r ends.
func lines(r io.Reader, f func(string)) {
	for sc := bufio.NewScanner(r); sc.Scan(); {
		f(sc.Text())
	}
}
