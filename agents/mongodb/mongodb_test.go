package mongodb

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/agents/batch"
	"plimsoll/internal/certs/certstest"
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

// sampled asks a server once.
func sampled(t *testing.T, a *Agent) (map[string]float64, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	samples, err := a.Sample(ctx, time.Unix(1000, 0))
	return byName(t, samples), err
}

func newAgent(t *testing.T, c Config) *Agent {
	t.Helper()
	a, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// exampleStatus has the shape of the manual's serverStatus.
func exampleStatus() document {
	return document{
		"host": "db1", "version": "7.0.14", "uptime": 9137.0, "localTime": date(1_700_000_000_000),
		"opcounters":  document{"insert": 4, "query": 2118, "update": int32(14), "delete": 22, "getmore": 9141, "command": 67923},
		"connections": document{"current": int32(22), "available": 838838, "totalCreated": 83, "active": 2},
		"globalLock":  document{"totalTime": 9137723000, "currentQueue": document{"total": 3, "readers": 1, "writers": 2}},
		"metrics":     document{"cursor": document{"timedOut": 5, "open": document{"total": 1}}, "document": document{"returned": 77}},
		"opLatencies": document{"reads": document{"latency": 1_000_000, "ops": 250}},
		"wiredTiger": document{
			"cache":                  document{"bytes currently in the cache": 2709012, "maximum bytes configured": 1 << 30},
			"concurrentTransactions": document{"read": document{"out": 1, "available": 127, "totalTickets": 128}},
			"uri":                    "statistics:",
		},
		"repl": document{"hosts": []any{"db1:27017", "db2:27017"}, "me": "db1:27017"},
	}
}

func member(name, state string, number int, at date) document {
	return document{"name": name, "stateStr": state, "state": int32(number), "health": 1.0, "uptime": 9135, "optimeDate": at, "optime": document{"t": 1}}
}

// exampleSet has the shape of the manual's replSetGetStatus.
func exampleSet() document {
	const at = 1_700_000_000_000
	return document{"set": "rs1", "myState": int32(1), "term": 3, "members": []any{
		member("db1:27017", "PRIMARY", 1, at), member("db2:27017", "SECONDARY", 2, at-2500), member("db3:27017", "SECONDARY", 2, at+100),
		document{"name": "db4:27017", "stateStr": "(not reachable/healthy)", "state": int32(8), "health": 0.0},
	}}
}

func TestAMemberOfAReplicaSet(t *testing.T) {
	s := (&server{locked: true, hello: document{"setName": "rs1"}, status: exampleStatus(), set: exampleSet()}).start(t)
	path := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(path, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	a := newAgent(t, Config{Address: s.address, Username: "plimsoll", PasswordFile: path})
	for range 2 { // the second time with the key that is known
		got, err := sampled(t, a)
		if err != nil {
			t.Fatal(err)
		}
		expect(t, got, map[string]float64{
			`{__name__="mongodb_up"}`:                                                                                    1,
			`{__name__="mongodb_version_info", mongodb="7.0.14"}`:                                                        1,
			`{__name__="mongodb_ss_opcounters", legacy_op_type="query"}`:                                                 2118,
			`{__name__="mongodb_ss_opcounters", legacy_op_type="update"}`:                                                14,
			`{__name__="mongodb_ss_connections", conn_type="current"}`:                                                   22,
			`{__name__="mongodb_ss_opLatencies_latency", op_type="reads"}`:                                               1e6,
			`{__name__="mongodb_ss_wt_cache_maximum_bytes_configured"}`:                                                  1 << 30,
			`{__name__="mongodb_ss_wt_concurrentTransactions_available", txn_rw="read"}`:                                 127,
			`{__name__="mongodb_ss_metrics_cursor_timedOut"}`:                                                            5,
			`{__name__="mongodb_rs_myState"}`:                                                                            1,
			`{__name__="mongodb_rs_members_health", member_idx="db4:27017", member_state="(not reachable/healthy)"}`:     0,
			`{__name__="mongodb_rs_members_optimeDate", member_idx="db1:27017", member_state="PRIMARY"}`:                 1_700_000_000_000,
			`{__name__="mongodb_mongod_replset_member_replication_lag", name="db2:27017", set="rs1", state="SECONDARY"}`: 2.5,
			`{__name__="mongodb_mongod_replset_member_replication_lag", name="db3:27017", set="rs1", state="SECONDARY"}`: 0,
		})
	}
	if err := os.WriteFile(path, []byte("0ther"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := sampled(t, a)
	if err == nil || !strings.Contains(err.Error(), `authenticate: the server refused: "Authentication failed."`) || strings.Contains(err.Error(), "0ther") {
		t.Errorf("with a wrong password: %v", err)
	}
	expect(t, got, map[string]float64{`{__name__="mongodb_up"}`: 0})
	if _, err = sampled(t, newAgent(t, Config{Address: s.address})); err == nil || !strings.Contains(err.Error(), "requires authentication") {
		t.Errorf("without a password: %v", err)
	}
}

func TestAServerAloneOf8(t *testing.T) {
	status := exampleStatus()
	status["wiredTiger"] = document{}
	status["queues"] = document{"execution": document{"write": document{"out": 2, "available": 126, "totalTickets": 128}}}
	s := (&server{status: status}).start(t)
	got, err := sampled(t, newAgent(t, Config{Address: s.address}))
	if err != nil {
		t.Error(err)
	}
	expect(t, got, map[string]float64{`{__name__="mongodb_up"}`: 1, `{__name__="mongodb_ss_wt_concurrentTransactions_out", txn_rw="write"}`: 2})
	s.hello = document{"setName": "rs1"} // and what cannot be told of the set
	got, err = sampled(t, newAgent(t, Config{Address: s.address}))
	if err == nil || err.Error() != `replSetGetStatus: the server refused: "no such command" (code 59)` || got[`{__name__="mongodb_up"}`] != 1 {
		t.Errorf("got %v", err)
	}
}

func TestUnderTLS(t *testing.T) {
	dir := t.TempDir()
	ours, theirs := certstest.New(t, dir, "ours", time.Now()), certstest.New(t, dir, "theirs", time.Now())
	pair, err := tls.LoadX509KeyPair(ours.Issue(t, "db"))
	if err != nil {
		t.Fatal(err)
	}
	s := (&server{status: exampleStatus(), tls: &tls.Config{Certificates: []tls.Certificate{pair}}}).start(t)
	if _, err := sampled(t, newAgent(t, Config{Address: s.address, TLSCAFile: ours.File})); err != nil {
		t.Error(err)
	}
	var unknown x509.UnknownAuthorityError
	if _, err := sampled(t, newAgent(t, Config{Address: s.address, TLSCAFile: theirs.File})); !errors.As(err, &unknown) {
		t.Errorf("with another authority: %v", err)
	}
	if _, err := sampled(t, newAgent(t, Config{Address: s.address})); err == nil {
		t.Error("a server under TLS answered without")
	}
}

func TestWithoutAPrimaryThereIsNoLag(t *testing.T) {
	doc := exampleSet()
	doc["members"] = doc["members"].([]any)[1:]
	set, err := parse(bson(doc))
	if err != nil {
		t.Fatal(err)
	}
	b := new(batch.Names).Batch(time.Unix(1, 0))
	if err := tellSet(b, set); err != nil {
		t.Error(err)
	}
	for _, s := range b.Samples {
		if s.Name() == lag {
			t.Errorf("%v is told", s.Labels)
		}
	}
}

func TestMetaDescribesAllThatIsTold(t *testing.T) {
	described := map[string]string{}
	for _, m := range Meta() {
		described[m.Name] = m.Type
	}
	b := new(batch.Names).Batch(time.Unix(1, 0))
	values := map[string]string{}
	for _, f := range append(append(status(), set()...), members()...) {
		if values[f.Key] != "" && !strings.HasPrefix(f.Name, "mongodb_rs_") {
			t.Errorf("%s is in the tables twice", f.Key)
		}
		values[f.Key] = "1"
	}
	if err := b.Fields(status(), values); err != nil {
		t.Error(err)
	}
	for _, s := range b.Samples {
		if described[s.Name()] != s.Kind.String() {
			t.Errorf("%s is a %s, described as %q", s.Name(), s.Kind, described[s.Name()])
		}
	}
	byName(t, b.Samples) // each once
}

func TestAHungServerEndsWithTheTick(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	samples, err := newAgent(t, Config{Address: l.Addr().String()}).Sample(ctx, time.Unix(1, 0))
	if diff := cmp.Diff(map[string]float64{`{__name__="mongodb_up"}`: 0}, byName(t, samples)); diff != "" || err == nil {
		t.Errorf("%v %s", err, diff)
	}
}

func TestValidateTellsAll(t *testing.T) {
	err := Config{Address: "/tmp/mongodb-27017.sock", TLSCAFile: "ca.pem", Username: "x"}.Validate()
	want := "username: it and password_file belong together\ntls_ca_file: a unix socket has no TLS"
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}
