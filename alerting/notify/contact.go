package notify

import "time"

// Contact is somebody who is told, by mail, by webhook or both.
type Contact struct {
	Name    string   `yaml:"name"`
	Email   *Email   `yaml:"email"`
	Webhook *Webhook `yaml:"webhook"`
}

// Email is how to send mail to a contact.
type Email struct {
	To   []string `yaml:"to"`
	From string   `yaml:"from"`
	// SMTP is host:port of the server that takes the mail.
	SMTP         string `yaml:"smtp"`
	Username     string `yaml:"username"`
	PasswordFile string `yaml:"password_file"`
	// CAFile holds the certificates that the server's must go back to, instead
	// of those of the system.
	CAFile string `yaml:"ca_file"`
	// TLS is none, starttls (the default, and then required) or tls.
	TLS     string        `yaml:"tls"`
	Timeout time.Duration `yaml:"timeout"`
}

// Webhook is where to post messages as JSON.
type Webhook struct {
	URL     string            `yaml:"url"`
	Headers map[string]string `yaml:"headers"`
	Timeout time.Duration     `yaml:"timeout"`
}

// The values of Email.TLS.
const (
	TLSNone     = "none"
	TLSStart    = "starttls"
	TLSImplicit = "tls"
)

// webhookRoute is the route of a contact's webhook; those of mail are
// emailPrefix and the address.
const (
	webhookRoute = "webhook"
	emailPrefix  = "email:"
)

// WithDefaults returns c with what was left out filled in.
func (c Contact) WithDefaults() Contact {
	if c.Email != nil {
		e := *c.Email
		if e.TLS == "" {
			e.TLS = TLSStart
		}
		if e.Timeout == 0 {
			e.Timeout = 20 * time.Second
		}
		c.Email = &e
	}
	if c.Webhook != nil {
		w := *c.Webhook
		if w.Timeout == 0 {
			w.Timeout = 10 * time.Second
		}
		c.Webhook = &w
	}
	return c
}

// Routes lists the ways to reach c.
func (c Contact) Routes() []string {
	var routes []string
	if c.Email != nil {
		for _, to := range c.Email.To {
			routes = append(routes, emailPrefix+to)
		}
	}
	if c.Webhook != nil {
		routes = append(routes, webhookRoute)
	}
	return routes
}
