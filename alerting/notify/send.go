package notify

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
)

// ErrFinal marks an error of Send that no other attempt will mend.
var ErrFinal = errors.New("refused for good")

// A Dialer opens connections; *net.Dialer is one.
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// A Sender reaches one contact on all its routes, from many goroutines.
type Sender struct {
	contact Contact
	dialer  Dialer
	webhook *webhook
}

// NewSender returns a sender for c, which is valid and has its defaults.
func NewSender(c Contact, d Dialer) *Sender {
	s := &Sender{contact: c, dialer: d}
	if c.Webhook != nil {
		s.webhook = newWebhook(*c.Webhook, d)
	}
	return s
}

// Send brings m over a route of the contact and returns nil when the other side
// took it over. A route that the contact no longer has is served if its way
// still exists: who was told of a problem is told of its end.
func (s *Sender) Send(ctx context.Context, route string, m Message) error {
	to, isMail := strings.CutPrefix(route, emailPrefix)
	switch {
	case isMail && s.contact.Email != nil:
		return s.contact.Email.send(ctx, s.dialer, to, m)
	case route == webhookRoute && s.webhook != nil:
		return s.webhook.send(ctx, m)
	}
	return fmt.Errorf("contact %q has no %s any more: %w", s.contact.Name, route, ErrFinal)
}
