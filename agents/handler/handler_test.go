package handler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/orders"
)

// script writes a program and returns its path.
func script(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "command")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// desk gives out what it has and remembers the answers.
type desk struct {
	given chan orders.Order

	mu      sync.Mutex // guards what follows
	broken  int        // times that an answer is not taken
	asks    []orders.Ask
	answers []orders.Answer
	heard   chan struct{}
}

func newDesk(all ...orders.Order) *desk {
	d := &desk{given: make(chan orders.Order, 20), heard: make(chan struct{}, 20)}
	for _, o := range all {
		d.given <- o
	}
	return d
}

func (d *desk) Take(ctx context.Context, a orders.Ask) (orders.Order, bool, error) {
	d.mu.Lock()
	d.asks = append(d.asks, a)
	d.mu.Unlock()
	select {
	case o := <-d.given:
		if o.ID == "" {
			return o, false, errors.New("the server is away")
		}
		return o, true, nil
	case <-ctx.Done():
		return orders.Order{}, false, nil
	}
}

func (d *desk) Answer(_ context.Context, a orders.Answer) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.broken > 0 {
		d.broken--
		return errors.New("the server is away")
	}
	d.answers = append(d.answers, a)
	d.heard <- struct{}{}
	return nil
}

func newShelf(t *testing.T, d *desk, l ...Config) *Shelf {
	t.Helper()
	s, err := New(l, Options{Instance: "web3", Book: NewBook("p1"), Desk: d, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// obeyed has a shelf do what its desk has, until so many answers came.
func obeyed(t *testing.T, s *Shelf, d *desk, want int) []orders.Answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }() // awaited below
	for range want {
		select {
		case <-d.heard:
		case <-ctx.Done():
			t.Fatalf("%d answers, not %d: %+v", len(d.answers), want, d.answers)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	return d.answers
}

func order(id, name string) orders.Order {
	return orders.Order{ID: id, Name: name, Alert: "check/web", TTL: time.Minute}
}

func TestRuns(t *testing.T) {
	t.Setenv("PLIMSOLL_TOKEN", "s3cret")
	for text, want := range map[string]orders.Answer{
		"echo restarted":      {Status: orders.Done, Output: "restarted\n"},
		"echo no >&2; exit 3": {Status: orders.Failed, ExitCode: 3, Why: "exit status 3", Output: "no\n"},
		"kill -9 $$":          {Status: orders.Failed, ExitCode: -1, Why: "signal: killed"},
		"exec /none":          {Status: orders.Failed, ExitCode: 127, Why: "exit status 127"},
		"echo $# $0 | wc -w":  {Status: orders.Done, Output: "2\n"}, // no argument
		`echo "$PLIMSOLL_ALERT $PLIMSOLL_TOKEN$HOME"`: {Status: orders.Done, Output: "check/web \n"},
		"pwd; id -u > /dev/null":                      {Status: orders.Done, Output: "/\n"},
		"printf '\\377\\n'":                           {Status: orders.Done, Output: "?\n"},
	} {
		d := newDesk(order("1", "restart"))
		got := obeyed(t, newShelf(t, d, Config{Name: "restart", Command: []string{script(t, text)}}), d, 1)[0]
		want.ID, want.Instance, want.Process = "1", "web3", "p1"
		if strings.HasPrefix(text, "exec") {
			got.Output = ""
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

func TestRefusals(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "ran")
	list := []Config{
		{Name: "restart", Command: []string{script(t, "echo >> "+mark)}, Limit: Limit{Count: 2}},
		{Name: "gone", Command: []string{"/none/such"}},
	}
	late := order("2", "restart")
	late.TTL = -time.Second
	all := []orders.Order{late}
	for i, name := range []string{
		"reload", "", "restart ", "RESTART", "../restart", "/bin/sh", "restart; reboot", "restart\x00", "-c", strings.Repeat("x", 10_000), "command",
	} {
		all = append(all, order(fmt.Sprint("hostile", i), name))
	}
	d := newDesk(all...)
	for _, a := range obeyed(t, newShelf(t, d, list...), d, len(all)) {
		if a.Status != orders.Refused || a.ID == "2" && a.Why != "the order came too late" || a.ID != "2" && a.Why != "it is not on the agent's list" {
			t.Errorf("%+v", a)
		}
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("something was run")
	}
	d = newDesk(order("1", "gone"))
	if a := obeyed(t, newShelf(t, d, list...), d, 1)[0]; a.Status != orders.Failed || !strings.HasPrefix(a.Why, "not started: ") {
		t.Errorf("%+v", a)
	}
}

// What is given again, as after an answer that was lost on its way, is not run again.
func TestAnOrderIsRunOnce(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "ran")
	d := newDesk(order("1", "restart"), order("1", "restart"), orders.Order{}, order("1", "restart"), order("2", "none"))
	s := newShelf(t, d, Config{Name: "restart", Command: []string{script(t, "echo x >> "+mark)}})
	obeyed(t, s, d, 2)
	if text, err := os.ReadFile(mark); err != nil || string(text) != "x\n" {
		t.Errorf("%q, %v", text, err)
	}
	// nor after a reload, which makes a new shelf with the same book
	d = newDesk(order("1", "restart"), order("3", "none"))
	again, err := New(List{{Name: "restart", Command: []string{script(t, "echo y >> "+mark)}}}, Options{
		Instance: "web3", Book: s.options.Book, Desk: d, Now: time.Now, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	obeyed(t, again, d, 1)
	if text, err := os.ReadFile(mark); err != nil || string(text) != "x\n" {
		t.Errorf("%q, %v", text, err)
	}
}

func TestOwnLimitAndOneAtATime(t *testing.T) {
	c := Config{Name: "restart", Limit: Limit{Count: 2, Within: time.Hour}}.withDefaults()
	b, now := NewBook("p"), time.Unix(1_700_000_000, 0)
	if err := b.begin(c, now); err != nil {
		t.Fatal(err)
	}
	if err := b.begin(c, now); err == nil || err.Error() != "restart is running already" {
		t.Error(err)
	}
	b.end(c.Name)
	if err := b.begin(c, now.Add(time.Minute)); err != nil {
		t.Error(err)
	}
	b.end(c.Name)
	if err := b.begin(c, now.Add(59*time.Minute)); err == nil || err.Error() != "the agent's own limit is reached: 2 in 1h0m0s" {
		t.Error(err)
	}
	if err := b.begin(c, now.Add(time.Hour)); err != nil {
		t.Error(err)
	}
}

// A command that hangs is killed with what it started, when its own time or that of
// the order is over.
func TestSlowCommandIsKilledWithItsChildren(t *testing.T) {
	for name, c := range map[string]struct{ timeout, ttl time.Duration }{
		"its own": {time.Second, time.Minute}, "the order's": {time.Minute, time.Second},
	} {
		pid := filepath.Join(t.TempDir(), "pid")
		o := order("1", "restart")
		o.TTL = c.ttl
		d := newDesk(o)
		command := script(t, fmt.Sprintf("sleep 1000 &\necho $! > %s.new; mv %s.new %s\nwait\n", pid, pid, pid))
		a := obeyed(t, newShelf(t, d, Config{Name: "restart", Command: []string{command}, Timeout: c.timeout}), d, 1)[0]
		if a.Status != orders.Failed || a.Why != "killed: it took longer than 1s" {
			t.Errorf("%s: %+v", name, a)
		}
		text, err := os.ReadFile(pid)
		if err != nil {
			t.Fatal(err)
		}
		child, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		for began := time.Now(); !gone(child); {
			if time.Since(began) > 20*time.Second {
				t.Fatalf("%s: its child is alive", name)
			}
		}
	}
}

func gone(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(text), ") Z ") || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}

func TestFloodOfOutputIsClipped(t *testing.T) {
	d := newDesk(order("1", "restart"))
	a := obeyed(t, newShelf(t, d, Config{Name: "restart", Command: []string{script(t, "head -c 30000000 /dev/zero | tr '\\0' x; echo the end")}}), d, 1)[0]
	if a.Status != orders.Done || len(a.Output) != orders.MaxOutput || !strings.HasSuffix(a.Output, "xthe end\n") {
		t.Errorf("%s, %d bytes, %.50q", a.Status, len(a.Output), a.Output)
	}
}

func TestTailKeepsTheLast(t *testing.T) {
	var out tail
	want := ""
	for i := range 3000 {
		piece := strings.Repeat(fmt.Sprint(i, " "), i%700)
		if n, err := out.Write([]byte(piece)); n != len(piece) || err != nil {
			t.Fatal(n, err)
		}
		want += piece
		want = want[max(0, len(want)-orders.MaxOutput):]
	}
	if out.String() != want {
		t.Errorf("got %d bytes: %.100q", len(out.String()), out.String())
	}
}

// A daemon that a command starts, and that keeps its output open, is no reason to wait
// and is left alone.
func TestDaemonsGoOn(t *testing.T) {
	pid := filepath.Join(t.TempDir(), "pid")
	d := newDesk(order("1", "start"))
	a := obeyed(t, newShelf(t, d, Config{Name: "start", Command: []string{script(t, "sleep 1000 & echo $! > "+pid)}}), d, 1)[0]
	text, err := os.ReadFile(pid)
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if a.Status != orders.Done || gone(child) {
		t.Errorf("%+v, the daemon is gone: %v", a, gone(child))
	}
	_ = syscall.Kill(child, syscall.SIGKILL)
}

// The end of the agent gives a command a moment, and then its answer a last chance.
func TestEndOfTheAgent(t *testing.T) {
	started := filepath.Join(t.TempDir(), "started")
	if err := syscall.Mkfifo(started, 0o600); err != nil {
		t.Fatal(err)
	}
	d := newDesk(order("1", "restart"))
	s := newShelf(t, d, Config{Name: "restart", Command: []string{script(t, "echo > "+started+"; sleep 1000")}})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }() // awaited below
	if _, err := os.ReadFile(started); err != nil {
		t.Fatal(err)
	}
	cancel()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("it does not end")
	}
	if len(d.answers) != 1 || d.answers[0].Why != "killed: the agent ended" {
		t.Errorf("%+v", d.answers)
	}
}

// An answer is given until it is taken; meanwhile the desk is told that it is to come.
func TestAnswersAreGivenAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(order("1", "none"))
		d.broken = 3
		s := newShelf(t, d, Config{Name: "restart", Command: []string{"/bin/true"}})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }() // awaited below
		synctest.Wait()
		d.given <- orders.Order{} // asks again after a pause
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(d.answers) != 1 {
			t.Errorf("%+v", d.answers)
		}
		second := d.asks[1]
		want := orders.Ask{Instance: "web3", Process: "p1", Handlers: []string{"restart"}, Have: []string{"1"}}
		if diff := cmp.Diff(want, second); diff != "" {
			t.Error(diff)
		}
		d.given <- orders.Order{}
		time.Sleep(time.Minute)
		synctest.Wait()
		if last := d.asks[len(d.asks)-1]; len(last.Have) > 0 {
			t.Errorf("%+v", last)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// mad is a desk without sense: it orders always, and takes no answer.
type mad struct{ asked, answered atomic.Int64 }

func (d *mad) Take(context.Context, orders.Ask) (orders.Order, bool, error) {
	return order(fmt.Sprint(d.asked.Add(1)), strings.Repeat("x", 10_000)), true, nil
}

func (d *mad) Answer(context.Context, orders.Answer) error {
	d.answered.Add(1)
	return errors.New("no")
}

// hasty is a desk that has nothing and holds no request.
type hasty struct{ asked atomic.Int64 }

func (d *hasty) Take(context.Context, orders.Ask) (orders.Order, bool, error) {
	d.asked.Add(1)
	return orders.Order{}, false, nil
}

func (*hasty) Answer(context.Context, orders.Answer) error { return nil }

// A server without sense costs little.
func TestDesksWithoutSense(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, h := &mad{}, &hasty{}
		ctx, cancel := context.WithCancel(t.Context())
		var done sync.WaitGroup
		for _, d := range []orders.Desk{m, h} {
			s, err := New(List{{Name: "restart", Command: []string{"/bin/true"}}}, Options{
				Instance: "web3", Book: NewBook("p1"), Desk: d, Now: time.Now, Logger: slog.New(slog.DiscardHandler),
			})
			if err != nil {
				t.Fatal(err)
			}
			done.Go(func() { _ = s.Run(ctx) }) // it returns nil
		}
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if n := m.asked.Load(); n != maxHave {
			t.Errorf("%d orders were taken that could not be answered", n)
		}
		if n := m.answered.Load(); n > 100*maxHave {
			t.Errorf("answered %d times", n)
		}
		if n := h.asked.Load(); n < 200 || n > 301 {
			t.Errorf("asked %d times in five minutes", n)
		}
		cancel()
		done.Wait()
	})
}

func TestPlainEnvironment(t *testing.T) {
	for given, want := range map[string]string{
		"rule/Down/0a1b": "rule/Down/0a1b",
		"() { :; }; id":  "_____:_____id",
		"a\nB=c\x00":     "a_B=c_",
		"é$(x)":          "___x_",
	} {
		if got := plain(given); got != want {
			t.Errorf("%q: %q, want %q", given, got, want)
		}
	}
	if got := plain(strings.Repeat("x", 5000)); len(got) != maxAlert {
		t.Error(len(got))
	}
}

func TestValidate(t *testing.T) {
	err := List{
		{Name: "a b", Command: []string{"systemctl", "restart"}, Timeout: time.Hour},
		{Name: "ok", Command: []string{"/bin/true", "a\x00b"}, Limit: Limit{Count: -1, Within: time.Second}},
		{Name: "ok"},
	}.Validate()
	want := `handlers[0].name: "a b" is not made of letters, digits, and - _ . in between
handlers[0].command: ["systemctl" "restart"] is not a list of a program by its whole path and its arguments
handlers[0].timeout: 1h0m0s is not between 1s and 10m
handlers[1].command: "a\x00b" holds a zero byte
handlers[1].limit.count: -1 is not between 1 and 1000
handlers[1].limit.within: 1s is not between 1m and 24h
handlers[2].name: "ok" is taken
handlers[2].command: [] is not a list of a program by its whole path and its arguments`
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}
