package main

import (
	"context"
	"fmt"
	"math"
	"time"

	"plimsoll/internal/bench/counterd/load"
	"plimsoll/internal/bench/process"
)

const (
	slowest, fastest = 50_000, 25_600_000 // datagrams a second, where the search begins
	steps            = 8                  // each halves the range: to 2.5 % of the answer
	probeTime        = time.Second
	// spread20 keeps bursts small at such rates.
	spread20 = 20 * time.Microsecond
)

// lossFree searches each daemon's greatest rate without any loss, GSO sends
// spread over each millisecond.
func (b *bench) lossFree(ctx context.Context) {
	fmt.Printf("\n## loss-free: greatest rate of counters without loss, 1,000 names, found by bisection (load average %s)\n\n", process.LoadAverage())
	fmt.Println("| daemon | | lines/s without loss |")
	fmt.Println("|---|---|---|")
	b.book["loss-free"] = map[string]summary{}
	who := []string{"ours", "sink", "csink", "netdata", "netdata-normal", "collectd", "statsd_exporter"}
	if b.long {
		who = nil
	}
	for _, d := range b.takePart(scenario{who: who}) {
		if d.start == nil {
			continue
		}
		rate, err := b.searchOne(ctx, d)
		if err != nil {
			fmt.Printf("| %s | %s | %v |\n", d.name, d.language, err)
			continue
		}
		b.book["loss-free"][d.name] = summary{rate: spread{rate, rate, rate}, peer: d.peer()}
		fmt.Printf("| %s | %s | %.0f k |\n", d.name, d.language, rate/1e3)
	}
}

func (b *bench) searchOne(ctx context.Context, d daemon) (float64, error) {
	c, done, err := begin(d)
	if err != nil {
		return 0, err
	}
	defer done()
	p := b.packetsOf(load.Counter, 1000)
	if err := warm(ctx, c, p, 1000); err != nil {
		return 0, err
	}
	low, high, best := float64(slowest), float64(fastest), 0.0
	for range steps {
		rate := math.Sqrt(low * high)
		reached, err := loseless(ctx, c, p, rate)
		if err != nil {
			return 0, err
		}
		if reached > 0 {
			low, best = rate, max(best, reached)
		} else {
			high = rate
		}
	}
	return best, nil
}

// loseless tries a rate, twice if the first time something was lost: the machine
// may have done something else. It returns the rate that was sent, and 0 for loss.
func loseless(ctx context.Context, c *child, p load.Packets, rate float64) (float64, error) {
	for range 2 {
		r, err := measure(ctx, c, load.Config{Packets: p, GSO: true, Rate: rate, Tick: spread20, Duration: probeTime})
		if err != nil {
			return 0, err
		}
		if r.drops == 0 && r.counted == r.sent {
			// Where the sender is the limit, what it sent is what was shown.
			return float64(r.sent) / r.sending.Seconds(), nil
		}
	}
	return 0, nil
}

// tenth sends a tenth of our loss-free rate into a socket buffer of the kernel's
// default size.
func (b *bench) tenth(ctx context.Context, self string) {
	best, is := b.book["loss-free"]["ours"]
	if !is {
		return
	}
	rate := best.rate.median / 10
	c, done, err := begin(daemon{start: selfChild(self, false, "ours", "-read-buffer", "0")})
	if err != nil {
		fmt.Println("a tenth of it:", err)
		return
	}
	defer done()
	p := b.packetsOf(load.Counter, 1000)
	r, err := measure(ctx, c, load.Config{Packets: p, GSO: true, Rate: rate, Tick: spread20, Duration: b.minute})
	if err != nil {
		fmt.Println("a tenth of it:", err)
		return
	}
	b.book["tenth"] = map[string]summary{"ours": summarize([]result{r}, false)}
	fmt.Printf("\nours, a tenth of that (%.0f k/s) for %v with the kernel's default socket buffer: %d of %d lines lost\n", rate/1e3, b.minute, r.sent-r.counted, r.sent)
}

// latencies shows how long datagrams wait, and that a flush of many names does
// not hold them up.
func (b *bench) latencies(ctx context.Context) {
	fmt.Printf("\n## latency: from send until read, at 20,000/s (load average %s)\n\n", process.LoadAverage())
	fmt.Println("| daemon | | names | p50 ms | p99 ms | p99.9 ms | max ms |")
	fmt.Println("|---|---|---|---|---|---|---|")
	b.book["latency"] = map[string]summary{}
	for _, d := range b.takePart(scenario{who: []string{"ours", "serve", "sink", "netdata", "statsd_exporter"}}) {
		b.latency(ctx, d, 1000, 5*time.Second)
		if d.name == "ours" {
			b.latency(ctx, d, many, 12*time.Second) // longer than a flush
		}
	}
}

func (b *bench) latency(ctx context.Context, d daemon, names int, duration time.Duration) {
	if d.start == nil {
		return
	}
	c, done, err := begin(d)
	if err != nil {
		fmt.Printf("| %s | %s | %v | | | | |\n", d.name, d.language, err)
		return
	}
	defer done()
	w, err := b.watch(ctx, c, names, duration)
	if err != nil {
		fmt.Printf("| %s | %s | %v | | | | |\n", d.name, d.language, err)
		return
	}
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }
	fmt.Printf("| %s | %s | %d | %.2f | %.2f | %.2f | %.2f |\n", d.name, d.language, names, ms(w.p50), ms(w.p99), ms(w.p999), ms(w.max))
	p99 := ms(w.p99)
	b.book["latency"][fmt.Sprint(d.name, " ", names)] = summary{micros: spread{p99, p99, ms(w.p999)}}
}

// What memory measures.
const (
	counterBytes = "a counter of 100,000"
	sketchBytes  = "a timer of 1,000 with an open sketch of 1,000 log-normal values"
	timerBytes   = "a timer of 1,000 in daemon and store, with the open sketches of all tiers"
)

// memory measures what the heap of ours holds for each series.
func (b *bench) memory(ctx context.Context, self string) {
	fmt.Printf("\n## memory: what lives on the heap after a collection\n\n")
	b.book["memory"] = map[string]summary{}
	counter, err := b.heapPerSeries(ctx, self, load.Counter, many, 1)
	b.note(counterBytes, counter, err)
	sketch, err := b.heapPerSeries(ctx, self, load.PackedTimer, 1000, 1000)
	b.note(sketchBytes, sketch, err)
	if err == nil {
		var timer float64
		timer, err = stored(self, "timer")
		b.note(timerBytes, sketch+timer, err)
	}
	for _, kind := range []string{"counter", "gauge"} {
		bytes, err := stored(self, kind)
		b.note(fmt.Sprintf("a %s of %d in the store, %d points waiting", kind, storedPlain, storedPuts), bytes, err)
	}
}

func (b *bench) note(what string, bytes float64, err error) {
	if err != nil {
		fmt.Printf("%s: %v\n", what, err)
		return
	}
	fmt.Printf("%s: %.0f bytes\n", what, bytes)
	b.book["memory"][what] = summary{rss: bytes}
}

func (b *bench) heapPerSeries(ctx context.Context, self string, kind load.Kind, names, values int) (float64, error) {
	// No flush comes in between, which would begin new sketches.
	c, done, err := begin(daemon{start: selfChild(self, false, "ours", "-flush", "24h")})
	if err != nil {
		return 0, err
	}
	defer done()
	before, err := c.ask("heap")
	if err != nil {
		return 0, err
	}
	p := load.Make(kind, names, names*values)
	_, err = load.Send(ctx, load.Config{
		To: loopback(c.port), Packets: p, Rate: 2e5 / float64(p.Lines()), Tick: b.tick, Duration: time.Minute,
		Most: uint64(names*values+p.Lines()-1) / uint64(p.Lines()),
	})
	if err != nil {
		return 0, err
	}
	time.Sleep(2100 * time.Millisecond) // two ticks of the live window: its accumulators are as they stay
	after, err := c.ask("heap")
	if err != nil {
		return 0, err
	}
	if after.Series < names {
		return 0, fmt.Errorf("only %d of %d series came into being", after.Series, names)
	}
	return float64(after.HeapBytes-before.HeapBytes) / float64(after.Series), nil
}
