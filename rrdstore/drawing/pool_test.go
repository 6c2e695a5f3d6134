package drawing_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"plimsoll/internal/metric"
	"plimsoll/rrdstore/drawing"
)

// TestMain is also the helper: what it draws is its process id, or it does what
// the title says.
func TestMain(m *testing.M) {
	if os.Getenv("DRAWING_TEST_HELPER") == "" {
		os.Exit(m.Run())
	}
	if err := drawing.Limit(); err != nil {
		os.Exit(3)
	}
	err := drawing.Serve(os.Stdin, os.NewFile(3, "replies"), func(q drawing.Request) ([]byte, error) {
		switch q.Title {
		case "crash":
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			time.Sleep(time.Hour) // it is killed
		case "exit":
			os.Exit(0)
		case "hang":
			time.Sleep(time.Hour) // it is killed
		case "garbage":
			_, _ = os.NewFile(3, "replies").Write(bytes.Repeat([]byte{0xff}, 100))
			time.Sleep(time.Hour) // it is killed
		case "error":
			return nil, errors.New("no such thing")
		case "large":
			return bytes.Repeat([]byte("x"), 3<<20), nil
		}
		return []byte(strconv.Itoa(os.Getpid())), nil
	})
	if err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

func pool(t *testing.T, change func(*drawing.Config)) *drawing.Pool {
	t.Helper()
	c := drawing.Default()
	c.Command, c.Env = []string{"/proc/self/exe"}, []string{"DRAWING_TEST_HELPER=1"}
	if change != nil {
		change(&c)
	}
	p := drawing.New(c)
	t.Cleanup(func() { _ = p.Close() })
	return p
}

func request(title string) drawing.Request {
	return drawing.Request{
		Title: title, Width: 100, Height: 50, Start: 1, End: 100, CF: "AVERAGE",
		Lines: []drawing.Line{{File: "/x", DS: "v"}},
	}
}

// pid has a picture drawn and returns who drew it.
func pid(t *testing.T, p *drawing.Pool) int {
	t.Helper()
	b, err := p.Draw(t.Context(), request("ok"))
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(string(b))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// gone waits until a process is no more.
func gone(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("the helper %d is still there", pid)
}

func TestAHelperIsUsedAgainAndThenReplaced(t *testing.T) {
	p := pool(t, func(c *drawing.Config) { c.Pictures = 3 })
	first := pid(t, p)
	if a, b := pid(t, p), pid(t, p); a != first || b != first {
		t.Errorf("drawn by %d, %d, %d", first, a, b)
	}
	if fourth := pid(t, p); fourth == first {
		t.Error("the helper was used a fourth time")
	}
	gone(t, first)
}

func TestAHelperThatGrewIsReplaced(t *testing.T) {
	p := pool(t, func(c *drawing.Config) { c.MaxBytes = 1 })
	first := pid(t, p)
	if pid(t, p) == first {
		t.Error("it was used again")
	}
	gone(t, first)
}

func TestAHelperThatIsNotNeededEnds(t *testing.T) {
	p := pool(t, func(c *drawing.Config) { c.Idle = 10 * time.Millisecond })
	gone(t, pid(t, p))
	pid(t, p)
}

func TestOneRequestFailsWithItsHelper(t *testing.T) {
	p := pool(t, func(c *drawing.Config) { c.Helpers, c.Timeout = 4, 6*time.Second })
	var wg sync.WaitGroup
	for _, c := range []struct {
		title string
		want  error
		text  string
	}{
		{"crash", metric.ErrExecution, "died (signal: killed)"},
		{"exit", metric.ErrExecution, "died"},
		{"garbage", metric.ErrExecution, "died"},
		{"hang", context.DeadlineExceeded, ""},
		{"error", metric.ErrExecution, "no such thing"},
		{"ok", nil, ""},
		{"ok", nil, ""},
		{"large", nil, ""},
	} {
		wg.Go(func() {
			b, err := p.Draw(t.Context(), request(c.title))
			if !errors.Is(err, c.want) || err != nil && !strings.Contains(err.Error(), c.text) || err == nil && len(b) == 0 {
				t.Errorf("%s: %d bytes, %v", c.title, len(b), err)
			}
		})
	}
	wg.Wait()
	if b, err := p.Draw(t.Context(), request("large")); err != nil || len(b) != 3<<20 {
		t.Errorf("afterwards: %d bytes, %v", len(b), err)
	}
}

func TestAClientThatGoesAwayFreesItsHelper(t *testing.T) {
	p := pool(t, func(c *drawing.Config) { c.Helpers = 1 })
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := p.Draw(ctx, request("hang")); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	pid(t, p)
}

func TestTooManyAreRefused(t *testing.T) {
	p := pool(t, func(c *drawing.Config) { c.Helpers, c.Waiting, c.Timeout = 1, 1, time.Minute })
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	results := make(chan error, 10)
	for range 10 {
		go func() { // the loops below wait for it
			_, err := p.Draw(ctx, request("hang"))
			results <- err
		}()
	}
	for range 8 { // all but the one drawn and the one waiting, which wait for longer
		if err := <-results; !errors.Is(err, metric.ErrBusy) {
			t.Errorf("%v, want that it is refused", err)
		}
	}
	leave()
	for range 2 {
		if err := <-results; errors.Is(err, metric.ErrBusy) {
			t.Errorf("one that had room: %v", err)
		}
	}
}

func TestCloseEndsHelpers(t *testing.T) {
	p := pool(t, nil)
	id := pid(t, p)
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	gone(t, id)
	if _, err := p.Draw(t.Context(), request("ok")); !errors.Is(err, drawing.ErrClosed) {
		t.Error(err)
	}
}

func TestNoHelperCanBeStarted(t *testing.T) {
	p := pool(t, func(c *drawing.Config) { c.Command = []string{"/nowhere/at/all"} })
	if _, err := p.Draw(t.Context(), request("ok")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestImpossibleRequests(t *testing.T) {
	p := pool(t, func(c *drawing.Config) { c.Command = []string{"/nowhere/at/all"} })
	for what, change := range map[string]func(*drawing.Request){
		"width":  func(r *drawing.Request) { r.Width = 100_000 },
		"height": func(r *drawing.Request) { r.Height = -1 },
		"time":   func(r *drawing.Request) { r.End = r.Start },
		"cf":     func(r *drawing.Request) { r.CF = "AVERAGE:step=1" },
		"none":   func(r *drawing.Request) { r.Lines = nil },
		"lines":  func(r *drawing.Request) { r.Lines = make([]drawing.Line, 1000) },
	} {
		r := request("ok")
		change(&r)
		if _, err := p.Draw(t.Context(), r); !errors.Is(err, metric.ErrBadQuery) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		`load{host="a:b"}`:        `load{host="a:b"}`,
		"a\nb\x00c\x1b[31m\u202e": "a?b?c?[31m?",
		`end\l`:                   "end/l",
		"caf\xe9 ☃":               "caf? ☃",
		strings.Repeat("é", 201):  strings.Repeat("é", 199) + "…",
	} {
		if got := drawing.Text(in); got != want {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
}

func TestServeEndsOnNonsense(t *testing.T) {
	for _, in := range []string{"\x00\x00", "\xff\xff\xff\xff", "\x00\x00\x00\x02{]", "\x00\x00\x00\x10{}"} {
		var out bytes.Buffer
		err := drawing.Serve(strings.NewReader(in), &out, func(drawing.Request) ([]byte, error) {
			return nil, fmt.Errorf("drawn")
		})
		if err == nil || out.Len() > 0 {
			t.Errorf("%q: %v, %d bytes", in, err, out.Len())
		}
	}
}
