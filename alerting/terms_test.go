package alerting

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/metric"
)

// Checks of some names may be silent for longer, want more attempts, and are no
// worse than they may be.
func TestPassiveChecksHaveTermsOfTheirOwn(t *testing.T) {
	w, c := newWorld(), passiveConfig()
	c.Passive.Checks = []PassiveCheck{
		{Name: "backup.*", Freshness: 25 * time.Hour, Severity: metric.Warning},
		{Name: "*", MaxAttempts: 2},
	}
	e := w.open(t, t.TempDir(), c)
	defer e.Close()
	put := func(name string) {
		t.Helper()
		if err := e.PutCheck(t.Context(), metric.CheckResult{Name: name, State: metric.Critical}); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(at time.Duration, want ...string) {
		t.Helper()
		w.step(t.Context(), e, epoch.Add(at))
		var got []string
		for _, a := range e.Alerts() {
			got = append(got, fmt.Sprintf("%s %s %v", a.Name, a.State, a.Hard))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("at %v: %s", at, diff)
		}
	}
	put("backup.db")
	put("job")
	expect(0, "backup.db warning true", "job critical false")
	put("job")
	expect(time.Second, "backup.db warning true", "job critical true")
	expect(2*time.Minute, "backup.db warning true", "job unknown true")

	// A reload takes the terms away, and what was fresh by them is not any more.
	c.Passive.Checks = nil
	if err := e.Reload(c); err != nil {
		t.Fatal(err)
	}
	expect(4*time.Minute, "backup.db unknown true", "job unknown true")
}

func TestTermsOfPassiveChecksAreValidated(t *testing.T) {
	c := Default()
	c.Passive.Checks = []PassiveCheck{
		{Freshness: 41 * 24 * time.Hour, NoData: -1, MaxAttempts: 101, Severity: "bad", Contacts: []string{"nobody"}}, {Name: "["}, {Name: "fine.*", Freshness: 25 * time.Hour},
	}
	err := c.Validate()
	if err == nil {
		t.Fatal("terms full of mistakes are accepted")
	}
	for _, want := range []string{"[0].name: ", "[0].freshness: ", "[0].no_data: ", "[0].max_attempts: ", "[0].severity: ", "[0].contacts[0]: ", "[1].name: "} {
		if !strings.Contains(err.Error(), "passive.checks"+want) {
			t.Errorf("%q is not reported in:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "checks[2]") {
		t.Errorf("what is right is reported in:\n%v", err)
	}
}
