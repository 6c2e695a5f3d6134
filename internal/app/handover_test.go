package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plimsoll/counterd/listen"
	"plimsoll/internal/metric"
)

// told remembers what it was told.
type told struct{ events, checks []string }

func (s *told) PutEvent(_ context.Context, e metric.Event) error {
	s.events = append(s.events, e.Title)
	return nil
}

func (s *told) PutCheck(_ context.Context, r metric.CheckResult) error {
	s.checks = append(s.checks, r.Name)
	return nil
}

func TestEventsWaitForTheEngine(t *testing.T) {
	var l lateInbox
	var s told
	ctx := context.Background()
	for range maxLate {
		if err := l.PutEvent(ctx, metric.Event{Title: "early"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.PutCheck(ctx, metric.CheckResult{Name: "too many"}); !errors.Is(err, errNotOpen) {
		t.Errorf("beyond the bound: %v", err)
	}
	if err := l.bind(&s, &s); err != nil {
		t.Fatal(err)
	}
	if err := l.PutCheck(ctx, metric.CheckResult{Name: "then"}); err != nil {
		t.Fatal(err)
	}
	if len(s.events) != maxLate || len(s.checks) != 1 {
		t.Errorf("%d events, %v", len(s.events), s.checks)
	}
}

func TestLateSinkSaysThatItIsNotOpen(t *testing.T) {
	var l lateSink
	if err := l.Put(context.Background(), nil); !errors.Is(err, errNotOpen) {
		t.Errorf("%v", err)
	}
}

func testApp(t *testing.T, c Config) *App {
	t.Helper()
	a, err := New(c, Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func testConfig(t *testing.T) Config {
	c := Default()
	c.Data, c.Agent.Enabled, c.Counterd.Listen = t.TempDir(), false, nil
	c.Listen = Listen{HTTP: "127.0.0.1:0", UDP: "127.0.0.1:0"}
	return c
}

// A start that fails leaves nobody listening.
func TestAStartThatFailsFreesTheSockets(t *testing.T) {
	c := testConfig(t)
	first := testApp(t, c)
	defer ended(t, first)
	c.Listen.HTTP, c.Listen.UDP = free(t, "tcp"), free(t, "udp")
	if _, err := New(c, Options{Logger: slog.New(slog.DiscardHandler)}); err == nil || !strings.Contains(err.Error(), "-data") {
		t.Fatalf("a second one in the directory: %v", err)
	}
	l, err := net.Listen("tcp", c.Listen.HTTP)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	p, err := net.ListenPacket("udp", c.Listen.UDP)
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
}

func free(t *testing.T, network string) string {
	t.Helper()
	if network == "udp" {
		p, err := net.ListenPacket(network, "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		return p.LocalAddr().String()
	}
	l, err := net.Listen(network, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// ended runs a to its end.
func ended(t *testing.T, a *App) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := a.Run(ctx); err != nil {
		t.Error(err)
	}
}

func TestHandOverToWhatIsNoSuccessor(t *testing.T) {
	a := testApp(t, testConfig(t))
	defer ended(t, a)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	for program, says := range map[string]string{
		"true": "ended before it was ready", "false": "exit status 1", filepath.Join(t.TempDir(), "none"): "none",
	} {
		if err := a.HandOver(t.Context(), exec.Command(program)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", program, err)
		}
	}
	if err := a.HandOver(ctx, exec.Command("sleep", "60")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("one that does nothing: %v", err)
	}
}

// All goes on as before: at its own end the process takes its socket's file away.
func TestHandOverThatFailedLeavesNoSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	c := testConfig(t)
	c.Counterd.Listen = []listen.Config{listen.Default("unix://" + path)}
	a := testApp(t, c)
	if err := a.HandOver(t.Context(), exec.Command("false")); err == nil {
		t.Error("handed over to nobody")
	}
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("meanwhile: %v", err)
	}
	ended(t, a)
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket's file is left: %v", err)
	}
}

func TestInherit(t *testing.T) {
	if in, err := Inherit(""); in != nil || err != nil {
		t.Errorf("of nobody: %v %v", in, err)
	}
	if _, err := Inherit("nonsense"); err == nil || !strings.Contains(err.Error(), `"nonsense"`) {
		t.Errorf("%v", err)
	}
}

func TestReadyOrNot(t *testing.T) {
	ready, tell, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer ready.Close()
	if _, err := tell.WriteString("ready\n"); err != nil {
		t.Fatal(err)
	}
	if err := awaitReady(t.Context(), ready); err != nil {
		t.Error(err)
	}
	tell.Close()
	if err := awaitReady(t.Context(), ready); err == nil {
		t.Error("ready though it ended")
	}
}
