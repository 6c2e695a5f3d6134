package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"plimsoll/dashboard"
	"plimsoll/rrdstore"
)

func reshapeCommand() command {
	return command{
		name: "reshape", args: "[flags]", about: "give archives the resolutions that are configured now",
		examples: []string{
			"plimsoll reshape -dry-run                          # what would be lost and added",
			"plimsoll reshape                                   # while the service runs",
			"plimsoll reshape -data /var/lib/plimsoll -config /etc/plimsoll.yml   # when none runs",
		},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			r := &reshapeFlags{}
			r.flags(f)
			f.BoolVar(&r.dry, "dry-run", false, "change nothing, only tell")
			f.BoolVar(&r.json, "json", false, "print JSON")
			return r.run
		},
	}
}

type reshapeFlags struct {
	archives
	dry, json bool
}

var reshapeWork = work{http.MethodPost, "reshape", func(s dashboard.Storage) dashboard.Work { return s.Reshape }}

func (r *reshapeFlags) run(e env, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%w: unexpected argument %q", errUsage, args[0])
	}
	ask := url.Values{}
	if r.dry {
		ask.Set("dry_run", "true")
	}
	body, err := r.do(e, reshapeWork, ask, func(told json.RawMessage) error { return showReshaping(e.stderr, told) })
	if err != nil {
		return err
	}
	if r.json {
		_, err := fmt.Fprintf(e.stdout, "%s\n", body)
		return err
	}
	return r.print(e.stdout, body)
}

// showReshaping tells how far the work got.
func showReshaping(out io.Writer, told json.RawMessage) error {
	var at rrdstore.Reshaping
	if err := json.Unmarshal(told, &at); err != nil {
		return fmt.Errorf("progress is none: %w", err)
	}
	if !isTerminal(out) {
		return nil
	}
	_, err := fmt.Fprintf(out, "\r%d archives looked at, %d of another shape ", at.Files, at.Changed)
	return err
}

func (r *reshapeFlags) print(out io.Writer, body json.RawMessage) error {
	var done rrdstore.Reshaping
	if err := json.Unmarshal(body, &done); err != nil {
		return fmt.Errorf("result is none: %w", err)
	}
	verb, were := "have", "were"
	if r.dry {
		verb, were = "would get", "would be"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%d of %d archives %s another shape now: %s instead of %s\n", done.Changed, done.Files, verb, bytesText(done.BytesAfter), bytesText(done.BytesBefore))
	for _, c := range done.Changes {
		fmt.Fprintf(&b, "%d of class %s, such as %s\n", c.Files, clean(c.Class), clean(c.Example))
		lines(&b, "no longer kept: ", c.Lost)
		lines(&b, "newly kept:     ", c.Added)
		if c.Heartbeat != "" {
			lines(&b, "heartbeat:      ", []string{c.Heartbeat})
		}
	}
	if done.Failed > 0 {
		fmt.Fprintf(&b, "%d %s left as they are\n", done.Failed, were)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func lines(b *strings.Builder, head string, texts []string) {
	for _, t := range texts {
		fmt.Fprintf(b, "  %s%s\n", head, clean(t))
	}
}
