package snmp

import (
	"context"
	"fmt"
	"testing"
	"time"

	"plimsoll/internal/metric"
	"plimsoll/internal/snmpsim"
)

// TestManyDevices: the dead and the slow among many devices do not keep the
// others from being polled, though there is little room.
func TestManyDevices(t *testing.T) {
	const devices, interval, instants = 200, 2 * time.Second, 3
	s := &sink{}
	cfg := Default()
	cfg.Interval, cfg.Timeout, cfg.MaxInFlight = interval, 1500*time.Millisecond, 40
	cfg.SinkFor = func(string) metric.Sink { return s }
	dead := map[string]bool{}
	for i := range devices {
		a := agent(t, func(a *snmpsim.Agent) {
			a.Dead = i%20 == 3
			if i%20 == 7 {
				a.Delay = 300 * time.Millisecond
			}
		})
		a.Set(ticks(100))
		a.Set(port(1, "a", 1)...)
		a.Set(port(2, "b", 2)...)
		name := fmt.Sprint("device", i)
		dead[name] = a.Dead
		cfg.Devices = append(cfg.Devices, Device{Address: a.Addr(), Name: name, Modules: []string{"if_mib"}})
	}
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	told := func() (told int, stamps map[string]map[int64]bool) {
		stamps = map[string]map[int64]bool{}
		for _, m := range s.all("up") {
			name := m.Labels.Get("instance")
			if (m.Value == 0) != dead[name] {
				continue // this machine may be too busy for a while
			}
			if stamps[name] == nil {
				stamps[name] = map[int64]bool{}
			}
			stamps[name][m.At] = true
		}
		for _, at := range stamps {
			told += min(instants, len(at))
		}
		return told, stamps
	}
	for deadline := time.Now().Add(120 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if n, _ := told(); n == devices*instants {
			break
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	n, stamps := told()
	if n != devices*instants {
		t.Errorf("of %d instants %d were told of", devices*instants, n)
	}
	for name, at := range stamps {
		var offset int64 = -1
		for stamp := range at {
			if o := stamp % interval.Milliseconds(); offset >= 0 && o != offset {
				t.Errorf("%s lost its rhythm: %v", name, at)
			} else {
				offset = o
			}
		}
	}
}

// TestRoom: those in doubt have places of their own, and wait for none.
func TestRoom(t *testing.T) {
	c := Default()
	c.MaxInFlight, c.SinkFor = 8, func(string) metric.Sink { return &sink{} }
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	defer p.exchange.socket.Close()
	in := 0
	for range 20 {
		if _, ok := p.enter(t.Context(), &device{failures: 1}); ok {
			in++
		}
	}
	if in != 2 {
		t.Errorf("%d in doubt are let in", in)
	}
	for range 8 {
		if _, ok := p.enter(t.Context(), &device{}); !ok {
			t.Error("there is no room for one that is well")
		}
	}
	full, cancel := context.WithCancel(t.Context())
	cancel()
	if _, ok := p.enter(full, &device{}); ok {
		t.Error("there is room without end")
	}
}
