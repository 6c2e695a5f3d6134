package notify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Heartbeat is an address outside that is asked so often while all is well. Who
// looks at it tells people when nobody asks any more.
type Heartbeat struct {
	URL     string        `yaml:"url"`
	URLFile string        `yaml:"url_file"`
	Every   time.Duration `yaml:"every"`
	Method  string        `yaml:"method"` // GET or POST
	Timeout time.Duration `yaml:"timeout"`
}

// Configured reports whether there is one.
func (h Heartbeat) Configured() bool { return h.URL != "" || h.URLFile != "" }

// Validate reports all that is wrong with h, each problem with the key under
// path.
func (h Heartbeat) Validate(path string) error {
	if !h.Configured() {
		return nil
	}
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s.%s: %s", path, key, fmt.Sprintf(format, args...)))
	}
	validLocation(h.URL, h.URLFile, bad, "")
	if h.Every < time.Second || h.Every > 24*time.Hour {
		bad("every", "%v is not between 1s and 24h", h.Every)
	}
	if h.Method != http.MethodGet && h.Method != http.MethodPost {
		bad("method", "%q is neither GET nor POST", h.Method)
	}
	validTimeout(h.Timeout, "timeout", bad)
	return errors.Join(errs...)
}

// Heart asks the address of a Heartbeat.
type Heart struct {
	Heartbeat
	means means
}

// NewHeart returns the heart of h, which is valid, or nil if there is to be none.
func NewHeart(h Heartbeat, o Options) *Heart {
	if !h.Configured() {
		return nil
	}
	return &Heart{h, means{dialer: o.Dialer, client: newClient(o.Dialer), clock: o.Clock}}
}

// Beat asks once.
func (h *Heart) Beat(ctx context.Context) error {
	address, err := location(h.URL, h.URLFile)
	if err != nil {
		return err
	}
	_, err = h.means.post(ctx, h.Timeout, "", request{method: h.Method, url: address})
	return err
}
