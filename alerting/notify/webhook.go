package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"strconv"
	"time"

	"plimsoll/internal/secret"
)

// Webhook is where to post messages as JSON.
type Webhook struct {
	URL string `yaml:"url"`
	// URLFile holds the address, in the place of URL, if it is itself a secret.
	URLFile string            `yaml:"url_file"`
	Headers map[string]string `yaml:"headers"`
	// Format is plimsoll (the default: Message) or alertmanager.
	Format string `yaml:"format"`
	// HMACKeyFile holds the key that posts are signed with; "": they are not.
	HMACKeyFile string        `yaml:"hmac_key_file"`
	Timeout     time.Duration `yaml:"timeout"`

	receiver string // what Alertmanager calls the contact
}

// The values of Webhook.Format.
const (
	FormatPlimsoll     = "plimsoll"
	FormatAlertmanager = "alertmanager"
)

func (w *Webhook) of(contact string) *Webhook {
	if w == nil {
		return nil
	}
	c := *w
	c.receiver = contact
	return &c
}

func (w *Webhook) withDefaults() channel {
	c := *w
	c.Timeout = orDefault(c.Timeout)
	if c.Format == "" {
		c.Format = FormatPlimsoll
	}
	return &c
}

func (w *Webhook) validate(bad complaint) {
	validLocation(w.URL, w.URLFile, bad, "webhook.")
	if w.Format != FormatPlimsoll && w.Format != FormatAlertmanager {
		bad("webhook.format", "%q is none of %s, %s", w.Format, FormatPlimsoll, FormatAlertmanager)
	}
	if w.HMACKeyFile != "" {
		validSecret(w.HMACKeyFile, "webhook.hmac_key_file", bad)
	}
	validTimeout(w.Timeout, "webhook.timeout", bad)
}

func (w *Webhook) routes() []string { return []string{"webhook"} }

func (w *Webhook) send(ctx context.Context, by means, _ string, n note) (string, error) {
	address, err := location(w.URL, w.URLFile)
	if err != nil {
		return "", err
	}
	key := ""
	if w.HMACKeyFile != "" {
		if key, err = secret.Read(w.HMACKeyFile); err != nil {
			return "", err
		}
	}
	r, err := w.request(n, address, key, by.clock())
	if err != nil {
		return "", err
	}
	return by.post(ctx, w.Timeout, n.Delivery, r)
}

func (w *Webhook) request(n note, address, key string, now time.Time) (request, error) {
	var payload any = n.Message
	if w.Format == FormatAlertmanager {
		payload = groupOf(n, w.receiver)
	}
	r, err := encoded(address, payload)
	if err != nil {
		return r, err
	}
	maps.Copy(r.header, w.Headers)
	for _, v := range w.Headers {
		r.secrets = append(r.secrets, v) // one of them may be a token
	}
	if key != "" {
		stamp := strconv.FormatInt(now.Unix(), 10)
		r.header["X-Plimsoll-Timestamp"] = stamp
		r.header["X-Plimsoll-Signature"] = "sha256=" + sign(key, stamp, r.body)
		r.secrets = append(r.secrets, key)
	}
	return r, nil
}

// sign returns the HMAC-SHA256 (RFC 2104) of the timestamp, a full stop and the
// body, in hexadecimal digits. The stamp, in Unix seconds, keeps an old post
// from being replayed.
func sign(key, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}
