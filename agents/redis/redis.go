package redis

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"plimsoll/agents"
	"plimsoll/agents/ask"
	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

// maxAnswer bounds an answer: INFO has some 10 kB, with many commands 100.
const maxAnswer = 4 << 20

// Config is one Redis.
type Config struct {
	agents.Options `yaml:",inline"`
	// Address is host:port, or the path of a unix socket; empty: 127.0.0.1:6379.
	Address string `yaml:"address"`
	// Username is that of an ACL; it needs +info and +slowlog|len.
	Username string `yaml:"username"`
	// PasswordFile holds the password; it is read at each tick.
	PasswordFile string `yaml:"password_file"`
}

func (c Config) withDefaults() Config {
	if c.Address == "" {
		c.Address = "127.0.0.1:6379"
	}
	return c
}

// Validate reports all that is wrong with the configuration.
func (c Config) Validate() error {
	errs := []error{c.Options.Validate(), agents.CheckAddress("address", c.withDefaults().Address)}
	if c.Username != "" && c.PasswordFile == "" {
		errs = append(errs, errors.New("username: it needs a password_file"))
	}
	return errors.Join(errs...)
}

// Target makes the target, asked from the host of that name.
func (c Config) Target(host string) (agents.Target, error) {
	c = c.withDefaults()
	a, err := New(c)
	return agents.Target{Agent: a, Options: c.Named("redis", c.Address, host)}, err
}

// Agent asks one Redis.
type Agent struct {
	cfg   Config
	names batch.Names
}

// New returns an agent that asks nothing before Sample.
func New(c Config) (*Agent, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return &Agent{cfg: c.withDefaults()}, nil
}

// Name implements agents.Agent.
func (*Agent) Name() string { return "redis" }

// Sample implements agents.Agent.
func (a *Agent) Sample(ctx context.Context, at time.Time) ([]metric.Sample, error) {
	b := a.names.Batch(at)
	info, slow, err := a.fetch(ctx)
	b.Flag("redis_up", info != "")
	if info != "" {
		err = errors.Join(err, tell(b, info))
		if slow != "" {
			err = errors.Join(err, b.Fields(slowlog(), map[string]string{"slowlog": slow}))
		}
	}
	return b.Samples, err
}

// fetch returns the answers to INFO and to SLOWLOG LEN; the latter is empty where
// it is not allowed.
func (a *Agent) fetch(ctx context.Context) (info, slow string, err error) {
	conn, err := ask.Dial(ctx, a.cfg.Address)
	if err != nil {
		return "", "", err
	}
	defer func() { _ = conn.Close() }()
	c := client{conn: conn, in: bufio.NewReader(io.LimitReader(conn, maxAnswer))}
	if err := a.authenticate(c); err != nil {
		return "", "", fmt.Errorf("auth: %w", err)
	}
	if info, err = c.do("INFO", "all"); err != nil {
		return "", "", fmt.Errorf("info: %w", err)
	}
	slow, err = c.do("SLOWLOG", "LEN")
	if errors.Is(err, errRefused) {
		return info, "", nil
	}
	return info, slow, err
}

func (a *Agent) authenticate(c client) error {
	if a.cfg.PasswordFile == "" {
		return nil
	}
	password, err := ask.Secret(a.cfg.PasswordFile)
	if err != nil {
		return err
	}
	args := []string{"AUTH", password}
	if a.cfg.Username != "" {
		args = []string{"AUTH", a.cfg.Username, password}
	}
	_, err = c.do(args...)
	return err
}

// client speaks RESP 2.
type client struct {
	conn net.Conn
	in   *bufio.Reader
}

// errRefused says that the server answered with an error.
var errRefused = errors.New("the server refused")

// do sends a command and returns its answer: a simple string, a number as text
// or a bulk string.
func (c client) do(args ...string) (string, error) {
	text := fmt.Sprintf("*%d\r\n", len(args))
	for _, arg := range args {
		text += fmt.Sprintf("$%d\r\n%s\r\n", len(arg), arg)
	}
	if _, err := io.WriteString(c.conn, text); err != nil {
		return "", err
	}
	return readReply(c.in)
}

// readReply reads one reply that is no array.
func readReply(in *bufio.Reader) (string, error) {
	line, err := in.ReadString('\n')
	if err != nil {
		return "", err
	}
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		return "", errors.New("an empty line is no reply")
	}
	switch kind, rest := line[0], line[1:]; kind {
	case '+', ':':
		return rest, nil
	case '-':
		return "", fmt.Errorf("%w: %.200q", errRefused, rest)
	case '$':
		n, err := strconv.Atoi(rest)
		if n == -1 { // nothing
			return "", nil
		}
		if err != nil || n < 0 || n > maxAnswer {
			return "", fmt.Errorf("%.100q is no length", rest)
		}
		bulk := make([]byte, n+len("\r\n"))
		if _, err := io.ReadFull(in, bulk); err != nil {
			return "", err
		}
		return string(bulk[:n]), nil
	}
	return "", fmt.Errorf("%.100q is no reply", line)
}
