package snmp

import (
	"context"
	"fmt"
	"testing"
	"time"

	"plimsoll/internal/metric"
	"plimsoll/internal/snmpsim"
)

// TestManyDevices: the dead and the slow among many devices take nothing from the
// others, though there is little room.
func TestManyDevices(t *testing.T) {
	const devices, interval, instants = 200, 2 * time.Second, 3
	s := &sink{}
	cfg := Default()
	cfg.Interval, cfg.Timeout, cfg.MaxInFlight = interval, 1500*time.Millisecond, 40
	cfg.SinkFor = func(string) metric.Sink { return s }
	well := map[string]bool{}
	for i := range devices {
		a := agent(t, func(a *snmpsim.Agent) {
			a.Dead = i%20 == 3
			if i%20 == 7 {
				a.Delay = 500 * time.Millisecond
			}
		})
		a.Set(ticks(100))
		a.Set(port(1, "a", 1)...)
		a.Set(port(2, "b", 2)...)
		name := fmt.Sprint("device", i)
		well[name] = !a.Dead
		cfg.Devices = append(cfg.Devices, Device{Address: a.Addr(), Name: name, Modules: []string{"if_mib"}})
	}
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	began := time.Now()
	for deadline := began.Add(60 * time.Second); len(s.all("up")) < devices*instants && time.Now().Before(deadline); {
		time.Sleep(50 * time.Millisecond)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	stamps := map[string][]int64{}
	for _, m := range s.all("up") {
		name := m.Labels.Get("instance")
		stamps[name] = append(stamps[name], m.At)
		if (m.Value == 1) != well[name] {
			t.Errorf("%s: up %v", name, m.Value)
		}
	}
	if len(stamps) != devices {
		t.Errorf("%d devices were heard of", len(stamps))
	}
	for name, at := range stamps {
		for i := 1; i < len(at); i++ {
			if at[i]-at[i-1] != interval.Milliseconds() {
				t.Errorf("%s: instants %v", name, at)
				break
			}
		}
	}
	if n := len(s.all("ifHCInOctets")); n < devices*9/10*2 {
		t.Errorf("%d counters", n)
	}
}
