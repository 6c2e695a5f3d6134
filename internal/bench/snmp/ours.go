package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"plimsoll/agents/snmp"
	"plimsoll/internal/bench/process"
	"plimsoll/internal/metric"
)

// order is what the poller is to do.
type order struct {
	Addresses []string
	Objects   int
	Interval  time.Duration
}

// account is what it did since it was last asked: how long after its instant the
// samples of each poll of a living device were there.
type account struct{ Took []time.Duration }

func (b *bench) ours(ctx context.Context) (figures, error) {
	file := filepath.Join(b.dir, "order.json")
	text, err := json.Marshal(order{b.addresses, b.objects, b.interval})
	if err == nil {
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		return figures{}, err
	}
	p, err := process.Speak(exec.Command(b.self, "ours", "-order", file), b.dir)
	if err != nil {
		return figures{}, err
	}
	defer p.Stop(time.Second)
	wait(ctx, 2*b.interval)
	var before, after account
	if err := p.Ask("account", &before); err != nil {
		return figures{}, err
	}
	r, err := b.cost(ctx, "agents/snmp", p.PID())
	if err != nil {
		return r, err
	}
	err = p.Ask("account", &after)
	r.polls = len(after.Took)
	r.half, r.late = quantiles(after.Took)
	return r, err
}

// cost waits for as long as is measured, and reads what a process cost.
func (b *bench) cost(ctx context.Context, name string, pid int) (r figures, err error) {
	r.name = name
	before, err := process.CPUTime(pid)
	if err != nil {
		return r, err
	}
	wait(ctx, b.seconds)
	after, err := process.CPUTime(pid)
	if err != nil {
		return r, err
	}
	r.cpu = after - before
	r.rss, err = process.RSSBytes(pid)
	return r, err
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// oursCommand polls until its standard input ends.
func oursCommand(args []string) error {
	f := flag.NewFlagSet("ours", flag.ContinueOnError)
	file := f.String("order", "", "what to do")
	if err := f.Parse(args); err != nil {
		return err
	}
	text, err := os.ReadFile(*file)
	if err != nil {
		return err
	}
	var o order
	if err := json.Unmarshal(text, &o); err != nil {
		return err
	}
	k := &keeper{}
	c := snmp.Default()
	c.Interval = o.Interval
	c.SinkFor = func(string) metric.Sink { return k }
	var objects []snmp.OID
	for i := range o.Objects {
		objects = append(objects, snmp.OID{OID: object(i) + ".0", Metric: "object_" + string(rune('a'+i%26)) + string(rune('a'+i/26))})
	}
	for i, a := range o.Addresses {
		d := snmp.Device{Address: a, OIDs: objects}
		if !answers(i) {
			d.Labels = map[string]string{"odd": "yes"}
		}
		c.Devices = append(c.Devices, d)
	}
	p, err := snmp.New(c)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	err = talk(func(string) (any, error) { return k.turn(), nil })
	stop()
	return errors.Join(err, <-done)
}

// keeper is a sink that keeps how late samples are.
type keeper struct {
	mu   sync.Mutex // guards took
	took []time.Duration
}

func (k *keeper) Put(_ context.Context, samples []metric.Sample) error {
	now := time.Now()
	for _, s := range samples {
		if s.Name() == "up" && s.Value == 1 && s.Labels.Get("odd") == "" {
			k.mu.Lock()
			k.took = append(k.took, now.Sub(metric.Time(s.At)))
			k.mu.Unlock()
		}
	}
	return nil
}

func (k *keeper) turn() account {
	k.mu.Lock()
	defer k.mu.Unlock()
	a := account{append([]time.Duration{}, k.took...)}
	k.took = nil
	return a
}
