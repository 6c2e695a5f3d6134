package mongodb

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"plimsoll/agents"
	"plimsoll/agents/ask"
	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

// Config is one mongod or mongos.
type Config struct {
	agents.Options `yaml:",inline"`
	// Address is host:port, or the path of a unix socket; empty: 127.0.0.1:27017.
	Address string `yaml:"address"`
	// Username is that of the user; empty: no authentication.
	Username string `yaml:"username"`
	// PasswordFile holds the password; it is read at each tick.
	PasswordFile string `yaml:"password_file"`
	// AuthSource is the database that knows the user; empty: admin.
	AuthSource string `yaml:"auth_source"`
	// TLSCAFile holds the certificates by which the server's is judged; it makes
	// TLS a must.
	TLSCAFile string `yaml:"tls_ca_file"`
}

func (c Config) withDefaults() Config {
	if c.Address == "" {
		c.Address = "127.0.0.1:27017"
	}
	if c.AuthSource == "" {
		c.AuthSource = "admin"
	}
	return c
}

// Validate reports all that is wrong with the configuration. It reads no files.
func (c Config) Validate() error {
	c = c.withDefaults()
	errs := []error{c.Options.Validate(), agents.CheckAddress("address", c.Address)}
	if (c.Username == "") != (c.PasswordFile == "") {
		errs = append(errs, errors.New("username: it and password_file belong together"))
	}
	if c.TLSCAFile != "" && strings.HasPrefix(c.Address, "/") {
		errs = append(errs, errors.New("tls_ca_file: a unix socket has no TLS"))
	}
	return errors.Join(errs...)
}

// Target makes the target, asked from the host of that name.
func (c Config) Target(host string) (agents.Target, error) {
	c = c.withDefaults()
	a, err := New(c)
	return agents.Target{Agent: a, Options: c.Named("mongodb", c.Address, host)}, err
}

// Agent asks one server.
type Agent struct {
	cfg   Config
	names batch.Names
	key   stretched // of the last authentication
}

// New returns an agent that asks nothing before Sample.
func New(c Config) (*Agent, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return &Agent{cfg: c.withDefaults()}, nil
}

// Name implements agents.Agent.
func (*Agent) Name() string { return "mongodb" }

// Sample implements agents.Agent.
func (a *Agent) Sample(ctx context.Context, at time.Time) ([]metric.Sample, error) {
	b := a.names.Batch(at)
	status, set, err := a.fetch(ctx)
	b.Flag("mongodb_up", status != nil)
	if status != nil {
		err = errors.Join(err, tellStatus(b, status))
	}
	if set != nil {
		err = errors.Join(err, tellSet(b, set))
	}
	return b.Samples, err
}

// fetch returns the answers to serverStatus and, of a member of a replica set, to
// replSetGetStatus; nil for what was not answered.
func (a *Agent) fetch(ctx context.Context) (status, set document, err error) {
	conn, err := a.dial(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = conn.Close() }()
	c := &client{conn: conn}
	hello, err := c.run("admin", pair{"hello", 1})
	if err != nil {
		return nil, nil, fmt.Errorf("hello: %w", err)
	}
	if err = a.authenticate(c); err != nil {
		return nil, nil, fmt.Errorf("authenticate: %w", err)
	}
	if status, err = c.run("admin", pair{"serverStatus", 1}); err != nil {
		return nil, nil, fmt.Errorf("serverStatus: %w", err)
	}
	if _, member := hello["setName"]; !member {
		return status, nil, nil
	}
	if set, err = c.run("admin", pair{"replSetGetStatus", 1}); err != nil {
		return status, nil, fmt.Errorf("replSetGetStatus: %w", err)
	}
	return status, set, nil
}

// dial connects, under TLS where there are certificates to judge it by.
func (a *Agent) dial(ctx context.Context) (net.Conn, error) {
	conn, err := ask.Dial(ctx, a.cfg.Address)
	if err != nil || a.cfg.TLSCAFile == "" {
		return conn, err
	}
	pool, err := ask.Roots(a.cfg.TLSCAFile)
	if err == nil {
		host, _, _ := net.SplitHostPort(a.cfg.Address) // Validate looked
		secure := tls.Client(conn, &tls.Config{RootCAs: pool, ServerName: host})
		if err = secure.HandshakeContext(ctx); err == nil {
			return secure, nil
		}
	}
	_ = conn.Close()
	return nil, fmt.Errorf("tls: %w", err)
}

// authenticate makes the connection that of the user, if there is one.
func (a *Agent) authenticate(c *client) error {
	if a.cfg.Username == "" {
		return nil
	}
	password, err := ask.Secret(a.cfg.PasswordFile)
	if err != nil {
		return err
	}
	s := newScram(a.cfg.Username, password, rand.Text())
	answer, err := c.run(a.cfg.AuthSource, pair{"saslStart", 1}, pair{"mechanism", "SCRAM-SHA-256"},
		pair{"payload", []byte(s.begin())}, pair{"options", []pair{{"skipEmptyExchange", true}}})
	if err != nil {
		return err
	}
	proof, err := s.prove(payload(answer), &a.key)
	if err != nil {
		return err
	}
	conversation, _ := answer["conversationId"].(float64)
	answer, err = c.run(a.cfg.AuthSource, pair{"saslContinue", 1}, pair{"conversationId", int(conversation)}, pair{"payload", []byte(proof)})
	if err != nil {
		return err
	}
	if err = s.verify(payload(answer)); err == nil && answer["done"] != true {
		err = errors.New("scram: the server wants to go on")
	}
	return err
}

func payload(doc document) string {
	bytes, _ := doc["payload"].([]byte)
	return string(bytes)
}
