package postgres

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

func byName(t testing.TB, samples []metric.Sample) map[string]float64 {
	t.Helper()
	out := map[string]float64{}
	for _, s := range samples {
		key := s.Labels.String()
		if _, twice := out[key]; twice {
			t.Errorf("%s is there twice", key)
		}
		out[key] = s.Value
	}
	return out
}

func expect(t *testing.T, got, want map[string]float64) {
	t.Helper()
	for key := range want {
		if v, is := got[key]; !is || v != want[key] {
			t.Errorf("%s is %v (there: %v), want %v", key, v, is, want[key])
		}
	}
}

// captured are the rows that a PostgreSQL with a standby answered.
func captured(t testing.TB) answers {
	t.Helper()
	text, err := os.ReadFile("testdata/15.18.json")
	if err != nil {
		t.Fatal(err)
	}
	var got answers
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestMetaDescribesAllThatIsTold(t *testing.T) {
	got := captured(t)
	// What a server without an archive, or of another version, does not have.
	got["checkpointer"] = []map[string]string{{
		"num_timed": "1", "num_requested": "2", "restartpoints_timed": "0", "restartpoints_req": "0", "restartpoints_done": "0",
		"write_time": "7.5", "sync_time": "1", "buffers_written": "3",
	}}
	got["archiver"][0]["age"] = "12.5"
	got["database"][0]["checksum_failures"] = "0"
	got[settings] = append(got[settings], map[string]string{"name": "reserved_connections", "setting": "0"})
	b := new(batch.Names).Batch(time.Unix(1000, 0))
	if err := tell(b, got); err != nil {
		t.Fatal(err)
	}
	b.Flag("pg_up", true)
	expect(t, byName(t, b.Samples), map[string]float64{
		`{__name__="pg_stat_database_numbackends", datid="5", datname="postgres"}`: 1,
		`{__name__="pg_stat_archiver_last_archive_age"}`:                           12.5,
		`{__name__="pg_stat_checkpointer_write_time_total"}`:                       7.5,
		`{__name__="pg_settings_checkpoint_timeout_seconds"}`:                      300,
		`{__name__="pg_settings_max_slot_wal_keep_size_bytes"}`:                    -1,
		`{__name__="pg_settings_autovacuum"}`:                                      1,
	})
	told, described := map[string]string{}, map[string]string{}
	for _, s := range b.Samples {
		told[s.Name()] = s.Kind.String()
	}
	for _, m := range Meta() {
		described[m.Name] = m.Type
	}
	if diff := cmp.Diff(described, told); diff != "" {
		t.Errorf("(-described +told):\n%s", diff)
	}
}

func TestSettingsAreInBaseUnits(t *testing.T) {
	for _, c := range []struct {
		setting, unit string
		want          float64
		suffix, err   string
	}{
		{"16384", "8kB", 16384 * 8192, "_bytes", ""},
		{"1024", "MB", 1 << 30, "_bytes", ""},
		{"16777216", "B", 16 << 20, "_bytes", ""},
		{"5", "min", 300, "_seconds", ""},
		{"200", "ms", 0.2, "_seconds", ""},
		{"-1", "kB", -1, "_bytes", ""},
		{"0.9", "", 0.9, "", ""},
		{"on", "", 1, "", ""},
		{"off", "", 0, "", ""},
		{"replica", "", 0, "", `"replica" is not a number`},
		{"1", "furlongs", 0, "", `"furlongs" is no unit`},
	} {
		got, suffix, err := convert(c.setting, c.unit)
		if got != c.want || suffix != c.suffix || (err == nil) != (c.err == "") || err != nil && err.Error() != c.err {
			t.Errorf("%s %s: %v%s, %v; want %v%s, %s", c.setting, c.unit, got, suffix, err, c.want, c.suffix, c.err)
		}
	}
}

func TestSizesAreToldAtEveryTickAndAskedNowAndThen(t *testing.T) {
	a := &Agent{}
	first := answers{"size": {{"datname": "app", "size": "7"}}, "locks": nil}
	a.remember(first, time.Unix(1000, 0), true)
	second := answers{}
	a.remember(second, time.Unix(1010, 0), false)
	if diff := cmp.Diff(first["size"], second["size"]); diff != "" {
		t.Error(diff)
	}
}

func TestAHungServerEndsWithTheTick(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	got, err := sampled(t, Config{Address: l.Addr().String()}, 100*time.Millisecond)
	if err == nil {
		t.Error("no error from a server that says nothing")
	}
	if diff := cmp.Diff(map[string]float64{`{__name__="pg_up"}`: 0}, got); diff != "" {
		t.Error(diff)
	}
}

func TestStatementsEndBeforeTheTick(t *testing.T) {
	tick, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	statements, stop := early(tick)
	defer stop()
	whole, _ := tick.Deadline()
	if short, _ := statements.Deadline(); whole.Sub(short) != margin {
		t.Errorf("statements end %v before the tick, want %v", whole.Sub(short), margin)
	}
}

func TestValidateTellsAll(t *testing.T) {
	err := Config{Address: "/run/postgresql/.s.PGSQL.5432", TLSCAFile: "ca.pem"}.Validate()
	if err == nil || err.Error() != "tls_ca_file: a unix socket has no TLS" {
		t.Errorf("got %v", err)
	}
	if err := (Config{Address: "db1"}).Validate(); err == nil || !strings.Contains(err.Error(), `address: "db1"`) {
		t.Errorf("got %v", err)
	}
}

func FuzzTell(f *testing.F) {
	f.Add("database", "xact_commit", "12", "kB")
	f.Add(settings, "name", "1", "8kB")
	f.Add("replication", "lag", "", "99999999999999999999B")
	f.Fuzz(func(_ *testing.T, question, column, value, unit string) {
		row := map[string]string{column: value, "setting": value, "unit": unit, "datname": unit}
		_ = tell(new(batch.Names).Batch(time.Unix(1, 0)), answers{question: {row}})
	})
}
