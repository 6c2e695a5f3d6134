package notify

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"plimsoll/internal/metric"
)

// rackOf is the trouble of n hosts, the first of which is up again.
func rackOf(n int) []Message {
	var all []Message
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for i := range n {
		all = append(all, Message{
			Version: 1, Event: Problem, ID: fmt.Sprint("rule/HostDown/", i), Name: "HostDown", Class: metric.UpDown,
			State: metric.Critical, Severity: metric.Critical, Summary: fmt.Sprintf("web%d has stopped reporting", i),
			Labels: map[string]string{"instance": fmt.Sprint("web", i), "rack": "7"}, Since: at, At: at.Add(time.Duration(i) * time.Second),
			URL: "http://monitor/", AckURL: fmt.Sprint("http://monitor/ack/", i),
		})
	}
	up := all[0]
	up.Event, up.State, up.At, up.AckURL = Recovery, metric.OK, at.Add(time.Hour), ""
	return append(all, up)
}

func TestFoldSaysHowManyAndWhich(t *testing.T) {
	t.Parallel()
	m := Fold(rackOf(3), "plimsoll.x.bundle.7")
	if m.Event != Problem || m.Severity != metric.Critical || m.Delivery != "plimsoll.x.bundle.7" || m.Labels["rack"] != "7" || m.Labels["instance"] != "" {
		t.Errorf("%+v", m)
	}
	if want := "[CRITICAL] HostDown: 3 problems, 1 ended (web0, web1, web2)"; m.Subject() != want {
		t.Errorf("subject %q, want %q", m.Subject(), want)
	}
	for _, want := range []string{"web2 has stopped reporting", "http://monitor/ack/1", "[RECOVERED] HostDown", "http://monitor/\n"} {
		if !strings.Contains(m.Text(), want) {
			t.Errorf("no %q in\n%s", want, m.Text())
		}
	}
}

func TestFoldOfOneIsThatOne(t *testing.T) {
	t.Parallel()
	if m := Fold(rackOf(1)[:1], "other"); m.Delivery == "other" || len(m.Parts) > 0 {
		t.Errorf("%+v", m)
	}
}

// TestFoldThatIsOver: all that began has ended, and one of them nobody knows how.
func TestFoldThatIsOver(t *testing.T) {
	t.Parallel()
	all := rackOf(1)
	if m := Fold(all, "x"); m.Event != Recovery || m.State != metric.OK {
		t.Errorf("%s, %s", m.Event, m.State)
	}
	all[1].Event, all[1].State = Closed, metric.Unknown
	if m := Fold(all, "x"); m.Event != Closed || m.State != metric.Unknown {
		t.Errorf("%s, %s", m.Event, m.State)
	}
}

func TestFoldedTextIsBounded(t *testing.T) {
	t.Parallel()
	text := Fold(rackOf(400), "x").Text()
	if n := strings.Count(text, "\n"); n > 3*maxListed+10 || !strings.Contains(text, "and 351 more") {
		t.Errorf("%d lines, without how many more: %.300s", n, text)
	}
	if n := len([]rune(Fold(rackOf(400), "x").Subject())); n > maxSubject {
		t.Errorf("a subject of %d", n)
	}
}

// TestFoldedInOwnWords: a template speaks of one alert, and of each that was folded.
func TestFoldedInOwnWords(t *testing.T) {
	t.Parallel()
	w := Template{Subject: "!{{.Name}} {{.Labels.instance}}", Body: "<{{.Event}} {{.Labels.instance}} {{.Update}}>"}.words(func(err error) { t.Error(err) })
	n := w.of(Fold(rackOf(3), "x"))
	if want := "!HostDown web0 (and 3 more)"; n.subject != want {
		t.Errorf("subject %q, want %q", n.subject, want)
	}
	for _, want := range []string{"3 problems, 1 ended", "<problem web2 >", "<recovery web0 >"} {
		if !strings.Contains(n.text, want) {
			t.Errorf("no %q in %q", want, n.text)
		}
	}
}
