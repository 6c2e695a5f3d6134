package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// intakeFlush is short, so that the tests see soon what was counted.
const intakeFlush = 5 * time.Second

// intake is a service with every kind of counter listener.
type intake struct {
	*server
	tcp, unix, unixgram string
	flickr              string // a second UDP address
}

func newIntake(t *testing.T) *intake {
	t.Helper()
	dir := t.TempDir()
	in := &intake{unix: filepath.Join(dir, "stream"), unixgram: filepath.Join(dir, "dgram")}
	in.server = serve(t, filepath.Join(dir, "data"), "-config", writeFile(t, dir, "plimsoll.yml", fmt.Sprintf(`
flush: 5s
agent: {enabled: false}
storage: {step: 5s, heartbeat: 1m, tiers: [{step: 5s, keep: 1h}]}
counterd:
  listen: ["tcp://127.0.0.1:0", "unix://%s", "unixgram://%s", "127.0.0.2:0"]
`, in.unix, in.unixgram)))
	for _, l := range in.account(t).Listeners {
		if at, is := strings.CutPrefix(l.Address, "tcp://"); is {
			in.tcp = at
		}
		if at, is := strings.CutPrefix(l.Address, "udp://127.0.0.2"); is {
			in.flickr = "127.0.0.2" + at
		}
	}
	return in
}

// account is what the tests look at of the daemon's own.
type account struct {
	Lines, Parsed, Ignored uint64
	Bad                    map[string]uint64
	Listeners              []struct{ Address string }
}

func (in *intake) account(t *testing.T) account {
	t.Helper()
	var a account
	if err := in.json("/api/plimsoll/v1/counters", &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// counts runs f until all that it sent came within one flush, since a set is
// that of an interval. f uses the name it is given before its own names and
// returns how many lines it sent. counts checks that as many were received, and
// which were refused, and returns the name.
func (in *intake) counts(t *testing.T, bad map[string]uint64, f func(name string) int) string {
	t.Helper()
	for try := 1; ; try++ {
		inFlush := time.Since(time.Now().Truncate(intakeFlush))
		select { // the ticker may be late
		case <-t.Context().Done():
		case <-time.After(500*time.Millisecond - inFlush):
		}
		name, before, began := fmt.Sprintf("run%d", try), in.account(t), time.Now()
		lines := f(name)
		var after account
		eventually(t, "all lines are there", func() error {
			after = in.account(t)
			if got := after.Lines - before.Lines; got != uint64(lines) {
				return fmt.Errorf("%d lines, want %d", got, lines)
			}
			return nil
		})
		if !began.Truncate(intakeFlush).Equal(time.Now().Truncate(intakeFlush)) {
			continue
		}
		refused := map[string]uint64{}
		for reason, n := range after.Bad {
			if n -= before.Bad[reason]; n > 0 {
				refused[reason] = n
			}
		}
		if diff := cmp.Diff(bad, refused); diff != "" {
			out, _, _ := plimsoll(t, "counters", "-bad", "-server", in.url)
			t.Errorf("refused lines, -want +got:\n%s%s", diff, out)
		}
		return name
	}
}

// shows waits for the value of each expression; NAME in it is name.
func (in *intake) shows(t *testing.T, name string, want map[string]string) {
	t.Helper()
	for expr, value := range want {
		in.wants(t, strings.ReplaceAll(expr, "NAME", name), value)
	}
}

// run runs a program that sends, in the directory of the clients.
func run(t *testing.T, program string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = "clients"
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v (make test installs what is needed)\n%s", program, args, err, out)
	}
}

// toJSON is the options of a client.
func toJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestPythonStatsd sends with Debian's python3-statsd, by each road it has.
func TestPythonStatsd(t *testing.T) {
	in := newIntake(t)
	negative := map[string]uint64{"negative value": 1}
	for network, at := range map[string]string{"udp": in.udp, "tcp": in.tcp, "unix": in.unix} {
		t.Run(network, func(t *testing.T) {
			name := in.counts(t, negative, func(name string) int {
				run(t, "/usr/bin/python3", "statsd_client.py", network, at, name+network)
				return 13
			})
			in.shows(t, name+network, map[string]string{
				`NAME_page_view_total`:          "5",
				`NAME_temp`:                     "25",
				`NAME_cold`:                     "-5",
				`NAME_db_seconds_sum`:           "1",
				`NAME_db_seconds_count`:         "2",
				`max_over_time(NAME_users[5m])`: "2",
			})
		})
	}
}
