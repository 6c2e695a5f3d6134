package ledger

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

func keep(t *testing.T, l *Ledger, events ...metric.Event) {
	t.Helper()
	if err := l.PutHappenings(t.Context(), events, time.Minute); err != nil {
		t.Fatal(err)
	}
}

// titles lists the events that sel picks, with their repeats.
func titles(t *testing.T, l *Ledger, sel metric.Selection) (list []string) {
	t.Helper()
	events, err := l.Happenings(t.Context(), sel)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		list = append(list, fmt.Sprintf("%s+%d", e.Title, e.Repeats))
	}
	return list
}

func all() metric.Selection { return metric.Selection{End: epoch.Add(1000 * time.Hour)} }

func TestHappeningsOfOneKeyAreCounted(t *testing.T) {
	dir := t.TempDir()
	l := openIn(t, dir)
	deploy := metric.Event{At: epoch, Title: "deploy", Key: "d7"}
	again := func(after time.Duration, title, key string) metric.Event {
		return metric.Event{At: epoch.Add(after), Title: title, Key: key}
	}
	keep(t, l, deploy, again(time.Second, "deploy", "d7"), again(time.Second, "done", "d7"), again(time.Second, "deploy", ""))
	keep(t, l, again(time.Minute, "deploy", "d7"), again(2*time.Minute, "deploy", "d7"))
	l.Close()
	l = openIn(t, dir)
	want := []string{"deploy+0", "deploy+0", "done+0", "deploy+2"} // newest first
	if diff := cmp.Diff(want, titles(t, l, all())); diff != "" {
		t.Error(diff)
	}
}

func TestHappeningsArePicked(t *testing.T) {
	l := openIn(t, t.TempDir())
	var events []metric.Event
	for i := range 3 * pageRows {
		events = append(events, metric.Event{
			At: epoch.Add(time.Duration(i/2) * time.Second), Title: fmt.Sprint(i),
			Host: fmt.Sprintf("web%d", i%7), Labels: map[string]string{"env": "prod", "host": "shadowed"},
		})
	}
	keep(t, l, events...)
	if got := len(titles(t, l, all())); got != len(events) {
		t.Errorf("%d of %d events over several pages", got, len(events))
	}
	sel := all()
	sel.Limit = 2
	if diff := cmp.Diff([]string{"1499+0", "1498+0"}, titles(t, l, sel)); diff != "" {
		t.Errorf("limit: %s", diff)
	}
	sel = metric.Selection{Start: epoch.Add(time.Second), End: epoch.Add(2 * time.Second)}
	if diff := cmp.Diff([]string{"5+0", "4+0", "3+0", "2+0"}, titles(t, l, sel)); diff != "" {
		t.Errorf("span: %s", diff)
	}
	sel = all()
	sel.Sets = [][]*labels.Matcher{
		{labels.MustNewMatcher(labels.MatchEqual, "host", "web0"), labels.MustNewMatcher(labels.MatchEqual, "env", "dev")},
		{labels.MustNewMatcher(labels.MatchEqual, "host", "web0"), labels.MustNewMatcher(labels.MatchRegexp, "title", "0|7|8")},
	}
	if diff := cmp.Diff([]string{"7+0", "0+0"}, titles(t, l, sel)); diff != "" {
		t.Errorf("matchers: %s", diff)
	}
}

func TestHappeningsAreBounded(t *testing.T) {
	l := openIn(t, t.TempDir())
	for i := range 10 {
		keep(t, l, metric.Event{At: epoch.Add(time.Duration(i) * time.Hour), Title: fmt.Sprint(i)})
	}
	if err := l.PruneHappenings(t.Context(), epoch.Add(2*time.Hour), 100); err != nil {
		t.Fatal(err)
	}
	if got := len(titles(t, l, all())); got != 8 {
		t.Errorf("%d left of those of the last hours, want 8", got)
	}
	if err := l.PruneHappenings(t.Context(), epoch, 3); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"9+0", "8+0", "7+0"}, titles(t, l, all())); diff != "" {
		t.Error(diff)
	}
}
