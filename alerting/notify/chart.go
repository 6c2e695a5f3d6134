package notify

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"html"
	"slices"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
)

const (
	// chartTime is what a mail waits for its charts at most, all together.
	chartTime = 4 * time.Second
	// maxCharts bounds the charts of messages that were joined.
	maxCharts = 3
)

// chart is a picture in a mail, and what it shows in words.
type chart struct {
	png []byte
	alt string
}

// charts has those of a message drawn, as far as time and picture allow.
func (e *Email) charts(ctx context.Context, by means, m Message) []chart {
	if by.picture == nil || e.Chart != nil && !*e.Chart {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, chartTime)
	defer cancel()
	parts := m.Parts
	if len(parts) == 0 {
		parts = []Message{m}
	}
	var all []chart
	for _, p := range parts {
		if len(all) == maxCharts || ctx.Err() != nil {
			break
		}
		if png := by.picture(ctx, p); png != nil {
			alt := fmt.Sprintf("Chart of the 6 hours up to %s: %s", p.At.UTC().Format("2006-01-02 15:04 MST"), p.Subject())
			all = append(all, chart{png, alt})
		}
	}
	return all
}

// illustrate adds the charts to a mail, beside its text: an alternative in HTML
// that says the same and shows the pictures, which are parts of the mail. Nothing
// is loaded from elsewhere.
func illustrate(msg *mail.Msg, n note, domain string, charts []chart) error {
	if len(charts) == 0 {
		return nil
	}
	var body strings.Builder
	body.WriteString(`<!DOCTYPE html><html><body><pre style="white-space:pre-wrap">` + linked(n) + "</pre>\n")
	var errs []error
	for i, c := range charts {
		name := fmt.Sprintf("chart%d.png", i+1)
		id := fmt.Sprintf("chart%d.%s@%s", i+1, n.Delivery, domain)
		fmt.Fprintf(&body, "<p><img src=\"cid:%s\" alt=\"%s\" style=\"max-width:100%%\"></p>\n", html.EscapeString(id), html.EscapeString(c.alt))
		errs = append(errs, msg.EmbedReader(name, bytes.NewReader(c.png), mail.WithFileContentID("<"+id+">"), mail.WithFileContentType("image/png")))
	}
	body.WriteString("</body></html>\n")
	msg.AddAlternativeString(mail.TypeTextHTML, body.String())
	return errors.Join(errs...)
}

// linked is the text as HTML in which our own links can be followed.
func linked(n note) string {
	var urls []string
	for _, m := range append([]Message{n.Message}, n.Parts...) {
		for _, u := range []string{m.AckURL, m.URL} {
			if strings.HasPrefix(u, "http://") || strings.HasPrefix(u, "https://") {
				urls = append(urls, u)
			}
		}
	}
	slices.SortFunc(urls, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	var pairs []string
	for _, u := range slices.Compact(urls) { // the longest first: one may begin another
		u = html.EscapeString(u)
		pairs = append(pairs, u, `<a href="`+u+`">`+u+`</a>`)
	}
	return strings.NewReplacer(pairs...).Replace(html.EscapeString(n.text))
}
