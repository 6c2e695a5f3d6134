package load

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Kind is what the lines are.
type Kind string

// The kinds of lines.
const (
	Counter Kind = "counter" // bench.counter.000123:1|c
	Timer   Kind = "timer"   // bench.timer.000123:12.3456|ms, log-normal values
	// Packed are counters and PackedTimer timers, as many as fit into 1,400 bytes.
	Packed      Kind = "packed"
	PackedTimer Kind = "packed-timer"
)

const (
	packedBytes = 1400
	// segments is how many datagrams the kernel cuts out of one send
	// (UDP_MAX_SEGMENTS of kernels before 6.9).
	segments = 64
	// Least is a number of different lines of which timers see many values.
	Least = 1 << 16
)

// Packets are datagrams that stand one after the other in memory.
type Packets struct {
	data  []byte
	size  int // of each datagram
	count int
	lines int // in each datagram
}

// Size is the length of each datagram in bytes.
func (p Packets) Size() int { return p.size }

// Lines is how many lines each holds.
func (p Packets) Lines() int { return p.lines }

// Name returns the i-th name of a kind.
func Name(k Kind, i int) string {
	if k.timer() {
		return fmt.Sprintf("bench.timer.%06d", i)
	}
	return fmt.Sprintf("bench.counter.%06d", i)
}

func (k Kind) packed() bool { return k == Packed || k == PackedTimer }
func (k Kind) timer() bool  { return k == Timer || k == PackedTimer }

// Known reports whether k is one of the kinds.
func (k Kind) Known() bool { return k == Counter || k == Timer || k.packed() }

// Make returns datagrams of equal length with at least so many different lines,
// in which every name occurs equally often, in an order without pattern that is
// the same in each run.
func Make(k Kind, names, least int) Packets {
	random := rand.New(rand.NewPCG(1, 2))
	lines := 1
	if k.packed() {
		lines = (packedBytes + 1) / (len(line(k, 0, random)) + 1)
	}
	p := Packets{lines: lines, count: roundUp((max(least, names)+lines-1)/lines, segments)}
	next := shuffled(names, random)
	for range p.count {
		start := len(p.data)
		for j := range lines {
			if j > 0 {
				p.data = append(p.data, '\n')
			}
			p.data = append(p.data, line(k, next(), random)...)
		}
		p.size = len(p.data) - start
	}
	return p
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }

// shuffled returns a function that goes through 0..n-1 in a new order each time.
func shuffled(n int, random *rand.Rand) func() int {
	order := random.Perm(n)
	i := 0
	return func() int {
		if i == n {
			random.Shuffle(n, func(a, b int) { order[a], order[b] = order[b], order[a] })
			i = 0
		}
		i++
		return order[i-1]
	}
}

func line(k Kind, name int, random *rand.Rand) string {
	if k.timer() {
		return Name(k, name) + ":" + sevenBytes(math.Exp(3+random.NormFloat64())) + "|ms"
	}
	return Name(k, name) + ":1|c"
}

// sevenBytes writes v, from 0.1 to 9,999, cut to seven bytes: GSO makes datagrams
// of equal length only.
func sevenBytes(v float64) string {
	return fmt.Sprintf("%.6f", min(max(v, 0.1), 9999))[:7]
}
