package notify

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"plimsoll/internal/secret"
)

// Alertmanager is a cluster that alerts are forwarded to, as Prometheus does it:
// to every member, for they tell each other of notifications but not of alerts.
type Alertmanager struct {
	// URLs are the members' addresses, with what stands before /api/v2.
	URLs         []string `yaml:"urls"`
	Username     string   `yaml:"username"`
	PasswordFile string   `yaml:"password_file"`
	TokenFile    string   `yaml:"token_file"`
	// Repeat is how often an active alert is posted again. Alertmanager takes it
	// for over when it was not for four times that.
	Repeat  time.Duration `yaml:"repeat"`
	Timeout time.Duration `yaml:"timeout"`

	members *members
}

// members knows who answers.
//
// A repetition holds turn for writing from the moment it asks what is active
// until all is posted; a message holds it for reading. So no repetition that saw
// an alert active arrives after the post that ends it.
type members struct {
	turn sync.RWMutex
	mu   sync.Mutex      // guards sick
	sick map[string]bool // did not take what was posted last: only repetitions try them
}

func (a *Alertmanager) withDefaults() channel {
	c := *a
	c.Timeout, c.members = orDefault(c.Timeout), &members{sick: map[string]bool{}}
	if c.Repeat == 0 {
		c.Repeat = time.Minute
	}
	return &c
}

func (a *Alertmanager) validate(bad complaint) {
	if len(a.URLs) == 0 {
		bad("alertmanager.urls", "is missing")
	}
	for i, u := range a.URLs {
		if _, err := parseURL(u); err != nil {
			bad(fmt.Sprintf("alertmanager.urls[%d]", i), "%q is no http or https address", u)
		}
	}
	if (a.Username == "") != (a.PasswordFile == "") {
		bad("alertmanager.username", "username and password_file go together")
	}
	if a.TokenFile != "" && a.PasswordFile != "" {
		bad("alertmanager.token_file", "stands beside password_file: one is enough")
	}
	for key, file := range map[string]string{"password_file": a.PasswordFile, "token_file": a.TokenFile} {
		if file != "" {
			validSecret(file, "alertmanager."+key, bad)
		}
	}
	if a.Repeat < time.Second || a.Repeat > time.Hour {
		bad("alertmanager.repeat", "%v is not between 1s and 1h", a.Repeat)
	}
	validTimeout(a.Timeout, "alertmanager.timeout", bad)
}

const alertmanagerRoute = "alertmanager"

func (a *Alertmanager) routes() []string { return []string{alertmanagerRoute} }

// send posts one message. It is taken over when one member has it.
func (a *Alertmanager) send(ctx context.Context, by means, _ string, n note) (string, error) {
	a.members.turn.RLock()
	defer a.members.turn.RUnlock()
	return a.postAll(ctx, by, a.healthy(), n.Delivery, []note{n})
}

// batchSize is how many alerts one repetition posts at a time.
const batchSize = 500

// repeat posts again what standing says is active.
func (a *Alertmanager) repeat(ctx context.Context, by means, standing func() ([]note, error)) error {
	a.members.turn.Lock()
	defer a.members.turn.Unlock()
	notes, err := standing()
	if err != nil {
		return err
	}
	if len(notes) == 0 {
		a.note(nil, false)
		return nil
	}
	for batch := range slices.Chunk(notes, batchSize) {
		if _, err := a.postAll(ctx, by, a.URLs, "", batch); err != nil {
			return err
		}
	}
	return nil
}

// healthy returns the members that took what was posted last, or all if there
// are none.
func (a *Alertmanager) healthy() []string {
	a.members.mu.Lock()
	defer a.members.mu.Unlock()
	var urls []string
	for _, u := range a.URLs {
		if !a.members.sick[u] {
			urls = append(urls, u)
		}
	}
	if len(urls) == 0 {
		return a.URLs
	}
	return urls
}

// note keeps how members answered; without any, all get another chance.
func (a *Alertmanager) note(urls []string, sick bool) {
	a.members.mu.Lock()
	defer a.members.mu.Unlock()
	if urls == nil {
		clear(a.members.sick)
	}
	for _, u := range urls {
		a.members.sick[u] = sick
	}
}

// postAll posts to members at the same time and returns what they said. The
// error is nil if one of them took it over.
func (a *Alertmanager) postAll(ctx context.Context, by means, urls []string, id string, notes []note) (string, error) {
	now := by.clock()
	header, secret, err := a.credentials()
	if err != nil {
		return "", err
	}
	said, errs := make([]string, len(urls)), make([]error, len(urls))
	var posts sync.WaitGroup // waited for below
	for i, u := range urls {
		posts.Go(func() {
			r, err := a.request(notes, u, now)
			if err == nil {
				if header != "" {
					r.header["Authorization"], r.secrets = header, []string{header, secret}
				}
				said[i], err = by.post(ctx, a.Timeout, id, r)
			}
			if err != nil {
				errs[i] = fmt.Errorf("member %d: %w", i+1, err)
			}
			a.note([]string{u}, err != nil)
		})
	}
	posts.Wait()
	if slices.Contains(errs, nil) {
		return strings.Join(said, ", "), nil
	}
	return strings.Join(said, ", "), together(errs)
}

// together joins errors of which one that is not final makes all worth another
// attempt.
func together(errs []error) error {
	for _, err := range errs {
		if !errors.Is(err, ErrFinal) {
			return err
		}
	}
	return errors.Join(errs...)
}

func (a *Alertmanager) request(notes []note, member string, now time.Time) (request, error) {
	u, err := parseURL(member)
	if err != nil {
		return request{}, err
	}
	alerts := make([]amAlert, len(notes))
	for i, n := range notes {
		alerts[i] = alertOf(n)
		if n.Event == Problem {
			alerts[i].EndsAt = notBefore(n.Since, now.Add(4*a.Repeat))
		}
	}
	return encoded(apiOf(u), alerts)
}

func apiOf(u *url.URL) string { return u.JoinPath("api", "v2", "alerts").String() }

// credentials returns the header Authorization, if there is to be one, and the
// secret that it holds.
func (a *Alertmanager) credentials() (header, word string, err error) {
	switch {
	case a.TokenFile != "":
		word, err = secret.Read(a.TokenFile)
		return "Bearer " + word, word, err
	case a.PasswordFile != "":
		word, err = secret.Read(a.PasswordFile)
		return basic(a.Username, word), word, err
	}
	return "", "", nil
}

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// RepeatEvery is how often Repeat is to be called; 0: never.
func (s *Sender) RepeatEvery() time.Duration {
	if a, is := s.channels[alertmanagerRoute].(*Alertmanager); is {
		return a.Repeat
	}
	return 0
}

// Repeat tells again of what stands, to a channel that expects it. standing
// returns the problems that a route was told of and whose end is not queued.
func (s *Sender) Repeat(ctx context.Context, standing func(route string) ([]Message, error)) error {
	a, is := s.channels[alertmanagerRoute].(*Alertmanager)
	if !is {
		return nil
	}
	return a.repeat(ctx, s.means, func() ([]note, error) {
		messages, err := standing(alertmanagerRoute)
		notes := make([]note, len(messages))
		for i, m := range messages {
			notes[i] = s.words.of(m)
		}
		return notes, err
	})
}
