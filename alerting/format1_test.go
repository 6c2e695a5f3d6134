package alerting

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/alerting/check"
	"plimsoll/alerting/ledger"
	"plimsoll/alerting/notify"
	"plimsoll/alerting/rule"
	"plimsoll/internal/metric"
)

// TestFormat1IsTakenUp opens a ledger of format 1, dumped as the engine of then
// left it: three problems that ops was told of, and of one of which boss was not
// yet, as it did not answer. What was told is not told again, what waited is
// told, new trouble is told, and each hears of each end.
func TestFormat1IsTakenUp(t *testing.T) {
	dir := t.TempDir()
	dump, err := os.ReadFile("testdata/format1.sql")
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, ledger.FileName))
	if err == nil {
		_, err = db.Exec(string(dump))
	}
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	w := newWorld()
	c := Default()
	c.DefaultRules = false
	c.Checks = []check.Config{tcpCheck("web")}
	c.Rules = []rule.Config{{Name: "Down", Expr: "up == 0", Interval: time.Second, NoData: 10 * time.Second}}
	c.Contacts = []notify.Contact{hook("ops"), hook("boss")}
	w.up, w.app = false, metric.Critical
	w.series[`up{instance="a"}`] = 0
	now := epoch.Add(12 * time.Second)
	w.now = now
	e := w.open(t, dir, c)
	defer e.Close()
	live := func(want ...string) {
		t.Helper()
		for range 10 {
			if err := e.PutCheck(t.Context(), metric.CheckResult{Name: "app", Host: "h", State: w.app}); err != nil {
				t.Fatal(err)
			}
			w.step(t.Context(), e, now)
			now = now.Add(time.Second)
		}
		if diff := cmp.Diff(want, w.take()); diff != "" {
			t.Error(diff)
		}
	}
	live("boss problem app")
	w.series[`up{instance="b"}`] = 0
	live("boss problem Down", "ops problem Down")
	w.heal()
	w.series[`up{instance="b"}`] = 1
	live("boss recovery Down", "boss recovery Down", "boss recovery app", "boss recovery web",
		"ops recovery Down", "ops recovery Down", "ops recovery app", "ops recovery web")
}
