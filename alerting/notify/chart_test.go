package notify

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/metric"
)

// part is a leaf of a mail.
type part struct{ media, id, body string }

// leaves reads all parts of a mail, with the kinds of multipart around them.
func leaves(t *testing.T, kind, coding string, r io.Reader, id string) (shape string, all []part) {
	t.Helper()
	media, params, err := mime.ParseMediaType(kind)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(media, "multipart/") {
		switch coding {
		case "quoted-printable":
			r = quotedprintable.NewReader(r)
		case "base64":
			r = base64.NewDecoder(base64.StdEncoding, r)
		}
		body, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		return media, []part{{media, id, string(body)}}
	}
	var shapes []string
	for parts := multipart.NewReader(r, params["boundary"]); ; {
		p, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return media + "(" + strings.Join(shapes, " ") + ")", all
		}
		if err != nil {
			t.Fatal(err)
		}
		s, below := leaves(t, p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p, p.Header.Get("Content-Id"))
		shapes, all = append(shapes, s), append(all, below...)
	}
}

func rule(name string) Message {
	m := problem()
	m.Name, m.Class, m.Expr, m.Target = name, metric.Threshold, "lag_seconds > 5", ""
	m.Summary = `lag is <b>7 s</b> & "more"`
	m.AckURL = "http://127.0.0.1:8680/ack/abc"
	m.URL = "http://127.0.0.1:8680/"
	return m
}

func sendDrawn(t *testing.T, c Contact, m Message, draw func(context.Context, Message) []byte) {
	t.Helper()
	if err := c.Validate("contacts[0]"); err != nil {
		t.Fatal(err)
	}
	s := NewSender(c, Options{Dialer: &net.Dialer{}, Clock: time.Now, Picture: draw})
	if err := s.Send(t.Context(), c.Routes()[0], m); err != nil {
		t.Fatal(err)
	}
}

func drawn(_ context.Context, m Message) []byte { return []byte("\x89PNG of " + m.Name) }

func (b *mailbox) read(t *testing.T) (shape string, all []part) {
	t.Helper()
	got := <-b.got
	return leaves(t, got.Header.Get("Content-Type"), got.Header.Get("Content-Transfer-Encoding"), got.Body, "")
}

// lines makes the ends of lines those of a text, as mail has its own.
func lines(s string) string { return strings.TrimRight(strings.ReplaceAll(s, "\r\n", "\n"), "\n") }

func TestMailCarriesItsChart(t *testing.T) {
	box, m := newMailbox(t, nil), rule("lag")
	sendDrawn(t, box.contact(nil), m, drawn)
	shape, got := box.read(t)
	if shape != "multipart/related(multipart/alternative(text/plain text/html) image/png)" {
		t.Fatal(shape)
	}
	if diff := cmp.Diff(lines(m.Text()), lines(got[0].body)); diff != "" {
		t.Error(diff)
	}
	const id = "chart1.plimsoll.7.problem@example.org"
	if got[2].id != "<"+id+">" || got[2].body != "\x89PNG of lag" {
		t.Errorf("%+v", got[2])
	}
	page := got[1].body
	for _, want := range []string{
		`src="cid:` + id + `"`, "lag is &lt;b&gt;7 s&lt;/b&gt;", `<a href="http://127.0.0.1:8680/ack/abc">http://127.0.0.1:8680/ack/abc</a>`,
		`alt="Chart of the 6 hours up to 2026-03-01 12:00 UTC: [CRITICAL] lag`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not in %s", want, page)
		}
	}
	if strings.Contains(page, `src="http`) || strings.Contains(page, "<script") || strings.Contains(page, "<b>") {
		t.Errorf("something else is in it: %s", page)
	}
}

func TestMailGoesWithoutChart(t *testing.T) {
	off := false
	for name, c := range map[string]struct {
		change func(*Email)
		draw   func(context.Context, Message) []byte
	}{
		"nobody draws": {nil, nil},
		"it fails":     {nil, func(context.Context, Message) []byte { return nil }},
		"unwanted":     {func(e *Email) { e.Chart = &off }, drawn},
	} {
		box := newMailbox(t, nil)
		sendDrawn(t, box.contact(c.change), rule("lag"), c.draw)
		if shape, got := box.read(t); shape != "text/plain" || lines(got[0].body) != lines(rule("lag").Text()) {
			t.Errorf("%s: %s", name, shape)
		}
	}
}

func TestJoinedMessagesHaveSomeCharts(t *testing.T) {
	box := newMailbox(t, nil)
	var all []Message
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		all = append(all, rule(name))
	}
	sendDrawn(t, box.contact(nil), Fold(all, "plimsoll.9.fold"), func(ctx context.Context, m Message) []byte {
		if m.Name == "b" {
			return nil
		}
		return drawn(ctx, m)
	})
	_, got := box.read(t)
	var names []string
	for _, p := range got[2:] {
		names = append(names, p.body)
	}
	if diff := cmp.Diff([]string{"\x89PNG of a", "\x89PNG of c", "\x89PNG of d"}, names); diff != "" {
		t.Error(diff)
	}
}

// However slow pictures are, a mail waits for all of them chartTime.
func TestChartsHaveADeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		m := Fold([]Message{rule("a"), rule("b"), rule("c")}, "x")
		slow := means{picture: func(ctx context.Context, _ Message) []byte { <-ctx.Done(); return nil }}
		if got := (&Email{}).charts(t.Context(), slow, m); got != nil || time.Since(began) != chartTime {
			t.Errorf("%d charts after %v", len(got), time.Since(began))
		}
	})
}

func TestLongestLinkFirst(t *testing.T) {
	n := note{Message: Message{URL: "http://a/", AckURL: "http://a/ack/1", Target: "javascript:x"}, text: "http://a/ack/1 http://a/ javascript:x"}
	want := `<a href="http://a/ack/1">http://a/ack/1</a> <a href="http://a/">http://a/</a> javascript:x`
	if got := linked(n); got != want {
		t.Error(got)
	}
	if got := linked(note{text: "<img src=x>"}); got != "&lt;img src=x&gt;" {
		t.Error(got)
	}
}
