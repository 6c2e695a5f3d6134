package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"
	"unicode"

	"plimsoll/agents/remote"
	"plimsoll/internal/config"
	"plimsoll/internal/durable"
	"plimsoll/internal/handout"
)

// Fetch says where the agent's configuration is fetched from; it goes over that
// of the file.
type Fetch struct {
	// URL is a collector's address; empty: nothing is fetched.
	URL string `yaml:"url"`
	// Interval is how often it is asked.
	Interval time.Duration `yaml:"interval"`
}

// fetchedName is the file in Config.Data of the last configuration that was good.
const fetchedName = "fetched.yml"

// Compose returns c with what a collector gave over it. It may not change who the
// agent is, where it keeps what it has, where it asks, nor what event handlers may
// run.
func (c Config) Compose(text []byte) (Config, error) {
	out, r := c, config.NewReport("fetched configuration")
	out.Handlers = nil // not even the same ones may be said
	config.Decode(text, &out, r)
	if out.Handlers != nil {
		r.AddInvalid(errors.New("handlers: only the agent's own file may say it"))
	}
	out.Handlers = c.Handlers
	for _, fixed := range []struct {
		key      string
		old, now any
	}{
		{"instance", c.Instance, out.Instance}, {"role", c.Role, out.Role}, {"data", c.Data, out.Data}, {"fetch", c.Fetch, out.Fetch},
	} {
		if !reflect.DeepEqual(fixed.old, fixed.now) {
			r.AddInvalid(fmt.Errorf("%s: only the agent's own file may say it", fixed.key))
		}
	}
	r.AddInvalid(out.Validate())
	if err := r.Err(); err != nil {
		return c, err
	}
	return out, nil
}

// fetcher asks for the configuration.
type fetcher struct {
	agent *Agent
	base  Config // of the file and the flags
	inUse string // checksum of what goes over it, "" for nothing
	bad   string // checksum of the last one that was refused,
	err   string // and why
}

// restore returns the configuration to begin with: that of the file, with the
// last good one over it that was fetched.
func (f *fetcher) restore() Config {
	if f.base.Fetch.URL == "" {
		return f.base
	}
	text, err := os.ReadFile(f.path())
	if errors.Is(err, fs.ErrNotExist) {
		return f.base
	}
	var c Config
	if err == nil {
		c, err = f.base.Compose(text)
	}
	if err != nil {
		f.refuse(handout.Checksum(text), err)
		return f.base
	}
	f.inUse = handout.Checksum(text)
	return c
}

func (f *fetcher) path() string { return filepath.Join(f.base.Data, fetchedName) }

func (f *fetcher) refuse(sum string, err error) {
	if f.bad != sum || f.err != err.Error() {
		f.agent.log.Error("the fetched configuration is refused, the old one holds", "err", err)
	}
	f.bad, f.err = sum, err.Error()
	f.agent.refusing.Store(true)
}

// accept forgets what was wrong.
func (f *fetcher) accept() {
	f.bad, f.err = "", ""
	f.agent.refusing.Store(false)
}

// run asks at each interval until ctx ends.
func (f *fetcher) run(ctx context.Context) error {
	rc := f.agent.remote(f.base)
	client, err := remote.NewClient(rc)
	if err != nil {
		return err
	}
	ticker := time.NewTicker(f.base.Fetch.Interval)
	defer ticker.Stop()
	failing := false
	for {
		text, err := f.fetch(ctx, client, rc)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !failing:
			f.agent.log.Warn("configuration not fetched, trying again", "url", f.base.Fetch.URL, "err", err)
		case err == nil && text != nil:
			f.take(ctx, text)
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// fetch returns a configuration that is not in use yet, nil for none.
func (f *fetcher) fetch(ctx context.Context, client *http.Client, rc remote.Config) ([]byte, error) {
	query := url.Values{"instance": {f.base.Instance}}
	if f.base.Role != "" {
		query.Set("role", f.base.Role)
	}
	address := strings.TrimRight(f.base.Fetch.URL, "/") + handout.Path + "?" + query.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	if err := rc.Authorize(req); err != nil {
		return nil, err
	}
	if f.inUse != "" {
		req.Header.Set(handout.ChecksumHeader, f.inUse)
	}
	if f.err != "" {
		req.Header.Set(handout.ErrorHeader, headerText(f.err))
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, handout.MaxBytes+1))
	switch {
	case err != nil:
		return nil, err
	case resp.StatusCode == http.StatusNotModified:
		f.accept()
		return nil, nil
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("answer %d: %.200s", resp.StatusCode, strings.TrimSpace(string(text)))
	case handout.Checksum(text) != resp.Header.Get(handout.ChecksumHeader):
		return nil, fmt.Errorf("%d bytes do not have the checksum that the collector says", len(text))
	case handout.Checksum(text) == f.bad:
		return nil, nil // it is as wrong as before
	}
	return text, nil
}

// headerText is an error as a header takes it.
func headerText(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ReplaceAll(text, "\n", "; "))
	return text[:min(len(text), handout.MaxErrorBytes)]
}

// take goes over to a configuration that was fetched, and keeps it, or refuses it.
func (f *fetcher) take(ctx context.Context, text []byte) {
	sum := handout.Checksum(text)
	c, err := f.base.Compose(text)
	if err == nil {
		err = f.agent.apply(ctx, c)
	}
	if err != nil && !errors.Is(err, ErrRestart) {
		f.refuse(sum, err)
		return
	}
	if keepErr := durable.WriteFile(durable.Disk{}, f.path(), text); keepErr != nil {
		f.refuse(sum, keepErr)
		return
	}
	if err != nil { // it is good, for the next start
		f.refuse(sum, err)
		return
	}
	f.inUse = sum
	f.accept()
	f.agent.log.Info("configuration fetched", "url", f.base.Fetch.URL, "sha256", sum)
}
