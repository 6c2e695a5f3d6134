package mysql

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	driver "github.com/go-sql-driver/mysql"
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

// table reads what the client mariadb writes in batch mode.
func table(t testing.TB, name string, columns ...string) []row {
	t.Helper()
	text, err := os.ReadFile("testdata/10.11.19-mariadb-" + name)
	if err != nil {
		t.Fatal(err)
	}
	in := csv.NewReader(bytes.NewReader(text))
	in.Comma, in.LazyQuotes, in.FieldsPerRecord = '\t', true, -1
	lines, err := in.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if columns == nil {
		columns, lines = lines[0], lines[1:]
	}
	var all []row
	for _, line := range lines {
		r := row{}
		for i, value := range line {
			if value != "NULL" {
				r[strings.ToLower(columns[i])] = value
			}
		}
		all = append(all, r)
	}
	return all
}

// captured is what a MariaDB told, as if it were a replica too.
func captured(t testing.TB) answers {
	t.Helper()
	got := answers{status: row{}, variables: row{}}
	for _, r := range table(t, "status.tsv", "name", "value") {
		got.status[strings.ToLower(r["name"])] = r["value"]
	}
	for _, r := range table(t, "variables.tsv", "name", "value") {
		got.variables[strings.ToLower(r["name"])] = r["value"]
	}
	text, err := os.ReadFile("testdata/10.11.19-mariadb-innodb.txt")
	if err != nil {
		t.Fatal(err)
	}
	got.innodb = string(text)
	got.replicas = table(t, "replica.tsv")
	return got
}

func tellAll(t *testing.T, got answers) map[string]float64 {
	t.Helper()
	b := new(batch.Names).Batch(time.Unix(1000, 0))
	if err := tell(b, got); err != nil {
		t.Error(err)
	}
	return byName(t, b.Samples)
}

func TestWhatMariaDBTold(t *testing.T) {
	got := tellAll(t, captured(t))
	expect(t, got, map[string]float64{
		`{__name__="mysql_global_status_threads_connected"}`:                                                     2,
		`{__name__="mysql_global_status_queries"}`:                                                               22,
		`{__name__="mysql_global_status_handlers_total", handler="read_rnd_next"}`:                               32,
		`{__name__="mysql_global_status_connection_errors_total", error="max_connections"}`:                      0,
		`{__name__="mysql_global_status_buffer_pool_pages", state="data"}`:                                       172,
		`{__name__="mysql_global_status_buffer_pool_dirty_pages"}`:                                               22,
		`{__name__="mysql_global_status_buffer_pool_page_changes_total", operation="flushed"}`:                   131,
		`{__name__="mysql_global_variables_max_connections"}`:                                                    151,
		`{__name__="mysql_global_variables_innodb_buffer_pool_size"}`:                                            8 << 20,
		`{__name__="mysql_global_variables_read_only"}`:                                                          0,
		`{__name__="mysql_info_schema_innodb_metrics_transaction_trx_rseg_history_len"}`:                         4,
		`{__name__="mysql_engine_innodb_read_views_open_inside_innodb"}`:                                         0,
		`{__name__="mysql_slave_status_seconds_behind_master", master_host="127.0.0.1"}`:                         0,
		`{__name__="mysql_slave_status_slave_io_running", master_host="127.0.0.1"}`:                              1,
		`{__name__="mysql_slave_status_master_log_file", master_host="127.0.0.1"}`:                               1,
		`{__name__="mysql_version_info", version="10.11.19-MariaDB-0+deb12u1-log", version_comment="Debian 12"}`: 1,
	})
	for key := range got {
		if strings.Contains(key, "wsrep") || strings.Contains(key, `command="alter_db"`) || strings.Contains(key, `state="total"`) {
			t.Errorf("%s is told", key)
		}
	}
}

func TestNullIsNoLagOfZero(t *testing.T) {
	got := tellAll(t, answers{replicas: table(t, "replica-stopped.tsv")})
	expect(t, got, map[string]float64{
		`{__name__="mysql_slave_status_slave_io_running", master_host="127.0.0.1"}`:  0,
		`{__name__="mysql_slave_status_slave_sql_running", master_host="127.0.0.1"}`: 0,
	})
	if v, is := got[`{__name__="mysql_slave_status_seconds_behind_master", master_host="127.0.0.1"}`]; is {
		t.Errorf("a stopped replica has a lag of %v", v)
	}
}

// newWords is a row of SHOW REPLICA STATUS as MySQL 8.4's manual has it.
func newWords() row {
	return row{
		"replica_io_state": "Waiting for source to send event", "source_host": "db1", "source_user": "repl", "source_port": "3306",
		"connect_retry": "60", "source_log_file": "binlog.000004", "read_source_log_pos": "1307", "relay_log_file": "r.000003",
		"relay_log_pos": "1508", "relay_source_log_file": "binlog.000004", "replica_io_running": "Connecting", "replica_sql_running": "Yes",
		"last_errno": "0", "skip_counter": "0", "exec_source_log_pos": "1307", "relay_log_space": "1858", "seconds_behind_source": "7",
		"last_io_errno": "2003", "last_sql_errno": "0", "source_server_id": "1", "source_uuid": "74de1a49-e3ff", "sql_delay": "0",
		"channel_name": "east", "source_ssl_allowed": "Yes",
	}
}

func TestMySQLsNewWordsHaveTheOldNames(t *testing.T) {
	got := tellAll(t, answers{replicas: []row{newWords()}})
	labels := `channel_name="east", master_host="db1", master_uuid="74de1a49-e3ff"}`
	expect(t, got, map[string]float64{
		`{__name__="mysql_slave_status_seconds_behind_master", ` + labels: 7,
		`{__name__="mysql_slave_status_slave_io_running", ` + labels:      0,
		`{__name__="mysql_slave_status_slave_sql_running", ` + labels:     1,
		`{__name__="mysql_slave_status_exec_master_log_pos", ` + labels:   1307,
		`{__name__="mysql_slave_status_relay_master_log_file", ` + labels: 4,
		`{__name__="mysql_slave_status_last_io_errno", ` + labels:         2003,
	})
}

func TestWhatIsAskedByVersion(t *testing.T) {
	for version, want := range map[string]string{
		"10.11.19-MariaDB-0+deb12u1-log": "SHOW ALL SLAVES STATUS",
		"8.0.22":                         "SHOW REPLICA STATUS",
		"9.1.0-commercial":               "SHOW REPLICA STATUS",
		"8.0.21-0ubuntu":                 "SHOW SLAVE STATUS",
		"5.7.44-log":                     "SHOW SLAVE STATUS",
		"":                               "SHOW SLAVE STATUS",
	} {
		if got := replication(version); got != want {
			t.Errorf("%q: %s, want %s", version, got, want)
		}
	}
	if got := tablespaces("8.4.0", 3); !strings.Contains(got, ".INNODB_TABLESPACES ORDER BY file_size DESC LIMIT 3") {
		t.Error(got)
	}
}

func TestThreadsOfTheSameStateAreAddedUp(t *testing.T) {
	got := tellAll(t, answers{processes: []row{
		{"command": "Query", "state": "Sending data", "threads": "2", "seconds": "7"},
		{"command": "Query", "state": "Sending data.", "threads": "1", "seconds": "3"},
		{"command": "Daemon", "threads": "1"},
	}})
	want := map[string]float64{
		`{__name__="mysql_info_schema_processlist_threads", command="query", state="sending_data"}`: 3,
		`{__name__="mysql_info_schema_processlist_seconds", command="query", state="sending_data"}`: 10,
		`{__name__="mysql_info_schema_processlist_threads", command="daemon"}`:                      1,
		`{__name__="mysql_info_schema_processlist_seconds", command="daemon"}`:                      0,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestMetaDescribesAllThatIsTold(t *testing.T) {
	got := captured(t)
	got.replicas = append(got.replicas, newWords())
	got.spaces = []row{{"name": "app/t", "file_size": "1", "allocated_size": "2"}}
	got.processes = []row{{"command": "Sleep", "threads": "1", "seconds": "2"}}
	got.innodb += "\n3 queries inside InnoDB, 4 queries in queue\n"
	got.status["wsrep_provider_name"], got.status["innodb_rows_read"], got.status["performance_schema_users_lost"] = "Galera", "1", "2"
	b := new(batch.Names).Batch(time.Unix(1000, 0))
	if err := tell(b, got); err != nil {
		t.Fatal(err)
	}
	b.Flag("mysql_up", true)
	described := map[string]string{}
	for _, m := range Meta() {
		described[m.Name] = m.Type
	}
	told := map[string]bool{}
	for _, s := range b.Samples {
		told[s.Name()] = true
		if described[s.Name()] != s.Kind.String() {
			t.Errorf("%s is a %s, described as %q", s.Name(), s.Kind, described[s.Name()])
		}
	}
	// What only MySQL has is described and not told here.
	for _, name := range []string{
		"mysql_up", "mysql_engine_innodb_queries_inside_innodb", "mysql_global_status_wsrep_cluster_size", "mysql_slave_status_sql_delay",
	} {
		if !told[name] {
			t.Errorf("%s is not told", name)
		}
	}
	if len(described) > len(told)+60 {
		t.Errorf("%d families are described, only %d told", len(described), len(told))
	}
}

func TestAHungServerEndsWithTheTick(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	got, err := sampled(t, Config{Address: l.Addr().String()}, 100*time.Millisecond)
	if err == nil || strings.HasSuffix(err.Error(), "invalid connection") { // which is all that the driver says
		t.Errorf("a server that says nothing: %v", err)
	}
	if diff := cmp.Diff(map[string]float64{`{__name__="mysql_up"}`: 0}, got); diff != "" {
		t.Error(diff)
	}
}

func TestValidateTellsAll(t *testing.T) {
	err := Config{Address: "/run/mysqld/mysqld.sock", TLSCAFile: "ca.pem", Tablespaces: -1}.Validate()
	want := "tablespaces: -1 is not between 0 and 1000\ntls_ca_file: a unix socket has no TLS"
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func FuzzTell(f *testing.F) {
	got := captured(f)
	f.Add("innodb_buffer_pool_pages_misc", "1", got.innodb)
	f.Add("com_select", "-", "History list length 99999999999999999999999")
	f.Add("wsrep_provider_name", "bin.000001", "7 queries inside InnoDB, 1 queries in queue")
	f.Fuzz(func(_ *testing.T, key, value, innodb string) {
		r := row{key: value}
		_ = tell(new(batch.Names).Batch(time.Unix(1, 0)), answers{
			status: r, variables: r, innodb: innodb, replicas: []row{r}, processes: []row{{"command": key, "threads": value}}, spaces: []row{r},
		})
		_, _ = replication(value), tablespaces(value, 1)
	})
}

// A broken connection is told with its reason, without the driver's own lines.
func TestABrokenConnectionHasAReason(t *testing.T) {
	said := &lastWord{}
	if err := said.explain(driver.ErrInvalidConn); !errors.Is(err, driver.ErrInvalidConn) {
		t.Error(err)
	}
	said.Print("packets.go:58 ", errors.New("i/o timeout"))
	if err := said.explain(fmt.Errorf("ask: %w", driver.ErrInvalidConn)); err.Error() != "ask: invalid connection: i/o timeout" {
		t.Error(err)
	}
	if err := said.explain(nil); err != nil {
		t.Error(err)
	}
}
