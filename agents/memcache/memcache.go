package memcache

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"plimsoll/agents/ask"
	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

// maxAnswer bounds the answers of one tick: memcached has at most 63 slab
// classes of some 30 lines.
const maxAnswer = 1 << 20

// Agent asks one memcached.
type Agent struct {
	address string
	names   batch.Names
}

// New returns an agent that asks nothing before Sample.
func New(c Config) (*Agent, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return &Agent{address: c.withDefaults().Address}, nil
}

// Name implements agents.Agent.
func (*Agent) Name() string { return "memcache" }

// Sample implements agents.Agent.
func (a *Agent) Sample(ctx context.Context, at time.Time) ([]metric.Sample, error) {
	b := a.names.Batch(at)
	got, err := fetch(ctx, a.address)
	if err == nil {
		err = tell(b, got)
	}
	b.Flag("memcached_up", got != nil)
	return b.Samples, err
}

// commands are the questions of one tick.
var commands = [...]string{"stats", "stats settings", "stats slabs", "stats items"}

// answers holds the answer to each of the commands.
type answers [len(commands)]map[string]string

// fetch asks all commands over one connection. nil: not all were answered.
func fetch(ctx context.Context, address string) (*answers, error) {
	conn, err := ask.Dial(ctx, address)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	var got answers
	for i, command := range commands {
		if _, err := io.WriteString(conn, command+"\r\n"); err != nil {
			return nil, fmt.Errorf("%s: %w", command, err)
		}
		if got[i], err = readStats(conn); err != nil {
			return nil, fmt.Errorf("%s: %w", command, err)
		}
	}
	return &got, nil
}

// errRefused says that the server answered with an error line.
var errRefused = errors.New("the server refused")

// readStats reads STAT lines up to END. Nothing follows END before the next
// command is sent.
func readStats(r io.Reader) (map[string]string, error) {
	stats := map[string]string{}
	var wrong error
	err := ask.Lines(r, maxAnswer, func(line string) bool {
		key, value, is := strings.Cut(strings.TrimPrefix(line, "STAT "), " ")
		switch {
		case line == "END":
			return true
		case strings.HasPrefix(line, "STAT ") && is:
			stats[key] = value
			return false
		}
		wrong = fmt.Errorf("%w: %.100q", errRefused, line)
		return true
	})
	return stats, errors.Join(wrong, err)
}
