package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"plimsoll/internal/bench/process"
)

// cost is what a program used.
type cost struct {
	name     string
	cpu      time.Duration // within the time measured
	rssBytes int64         // the most that was seen
}

// costs are those of all programs over the same time.
type costs struct {
	all    []cost
	length time.Duration
}

// looks is how often memory is looked at.
const looks = time.Second

// measure sees what the programs use within length.
func measure(ctx context.Context, programs []program, length time.Duration) (costs, error) {
	c := costs{length: length}
	for _, p := range programs {
		cpu, err := process.CPUTime(p.PID())
		if err != nil {
			return c, fmt.Errorf("%s: %w; it said %s", p.name, err, p.Said())
		}
		c.all = append(c.all, cost{name: p.name, cpu: -cpu})
	}
	for began := time.Now(); time.Since(began) < length; {
		if err := pause(ctx, min(looks, length-time.Since(began))); err != nil {
			return c, err
		}
		for i, p := range programs {
			if !p.Alive() {
				return c, fmt.Errorf("%s has ended; it said %s", p.name, p.Said())
			}
			rss, err := process.RSSBytes(p.PID())
			if err != nil {
				return c, fmt.Errorf("%s: %w", p.name, err)
			}
			c.all[i].rssBytes = max(c.all[i].rssBytes, rss)
		}
	}
	for i, p := range programs {
		cpu, err := process.CPUTime(p.PID())
		if err != nil {
			return c, fmt.Errorf("%s: %w", p.name, err)
		}
		c.all[i].cpu += cpu
	}
	return c, nil
}

// write writes the table of costs, with their ratios to node_exporter's.
func (c costs) write(w io.Writer) {
	base := c.of(nodeExporter)
	fmt.Fprintf(w, "\n| program | CPU seconds in %v | to node_exporter's | most RSS | to node_exporter's |\n|---|---|---|---|---|\n", c.length)
	for _, p := range c.all {
		fmt.Fprintf(w, "| %s | %.3f | %.2f | %.1f MB | %.2f |\n", p.name, p.cpu.Seconds(), p.cpu.Seconds()/base.cpu.Seconds(),
			float64(p.rssBytes)/1e6, float64(p.rssBytes)/float64(base.rssBytes))
	}
}

func (c costs) of(name string) cost {
	for _, p := range c.all {
		if p.name == name {
			return p
		}
	}
	return cost{}
}

// goals are what is to be reached within one run.
var goals = []process.Goal[costs]{
	{
		What: "CPU seconds below node_exporter's",
		Measured: func(c costs) (string, bool, bool) {
			ratio := c.of(ours).cpu.Seconds() / c.of(nodeExporter).cpu.Seconds()
			return fmt.Sprintf("%.2f of them", ratio), ratio < 1, c.of(nodeExporter).cpu > 0
		},
	},
	{
		What: "RSS below node_exporter's",
		Measured: func(c costs) (string, bool, bool) {
			ratio := float64(c.of(ours).rssBytes) / float64(c.of(nodeExporter).rssBytes)
			return fmt.Sprintf("%.2f of it", ratio), ratio < 1, c.of(nodeExporter).rssBytes > 0
		},
	},
}
