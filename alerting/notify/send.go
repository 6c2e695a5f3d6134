package notify

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// ErrFinal marks an error of Send that no other attempt will mend.
var ErrFinal = errors.New("refused for good")

// ErrGone is ErrFinal for a way that the configuration no longer has.
var ErrGone = fmt.Errorf("no longer configured: %w", ErrFinal)

// RateLimited is an error of Send: the other side takes no message of this route
// before After has passed.
type RateLimited struct {
	After time.Duration
	Err   error
}

func (e *RateLimited) Error() string {
	return fmt.Sprintf("%v; not before %v from now", e.Err, e.After)
}

func (e *RateLimited) Unwrap() error { return e.Err }

// A Dialer opens connections; *net.Dialer is one.
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// Options are what a Sender needs besides its contact.
type Options struct {
	Dialer Dialer
	// Clock tells the time that signatures and Alertmanager's endsAt hold.
	Clock func() time.Time
	// TemplateFailed is called when the built-in words had to do, from many
	// goroutines; nil: nobody wants to know.
	TemplateFailed func(error)
	// Picture returns the chart of a message as a PNG, or nil, before its ctx
	// ends; nil: there are none.
	Picture func(context.Context, Message) []byte
}

// means are what channels send with.
type means struct {
	dialer Dialer
	client *http.Client
	clock  func() time.Time
	// picture is Options.Picture.
	picture func(context.Context, Message) []byte
}

// A Sender reaches one contact on all its routes, from many goroutines.
type Sender struct {
	contact  Contact
	channels map[string]channel
	words    words
	means    means
}

// NewSender returns a sender for c, which is valid.
func NewSender(c Contact, o Options) *Sender {
	return &Sender{
		contact: c, channels: c.channels(), words: c.Template.words(o.TemplateFailed),
		means: means{dialer: o.Dialer, client: newClient(o.Dialer), clock: o.Clock, picture: o.Picture},
	}
}

// Send brings m over a route of the contact and returns nil when the other side
// took it over. A route that the contact no longer has is served if its way
// still exists: who was told of a problem is told of its end.
func (s *Sender) Send(ctx context.Context, route string, m Message) error {
	_, err := s.Try(ctx, route, m)
	return err
}

// Try is Send; it also returns what the other side said, without secrets.
func (s *Sender) Try(ctx context.Context, route string, m Message) (answer string, err error) {
	name, _, _ := strings.Cut(route, ":")
	c := s.channels[name]
	if c == nil {
		return "", fmt.Errorf("contact %q: %s is %w", s.contact.Name, route, ErrGone)
	}
	return c.send(ctx, s.means, route, s.words.of(m))
}

// place is what a route says after the name of its channel.
func place(route string) string {
	_, to, _ := strings.Cut(route, ":")
	return to
}
