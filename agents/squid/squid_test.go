package squid

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/agents/batch"
	"plimsoll/internal/peertest"
)

// sampled asks a cache manager once.
func sampled(t *testing.T, c Config) (map[string]float64, error) {
	t.Helper()
	a, err := c.Target("web1")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	samples, err := a.Sample(ctx, time.Unix(1000, 0))
	out := map[string]float64{}
	for _, s := range samples {
		if _, twice := out[s.Name()]; twice {
			t.Errorf("%s is there twice", s.Name())
		}
		out[s.Name()] = s.Value
	}
	return out, err
}

func TestRealSquid(t *testing.T) {
	dir, address := t.TempDir(), peertest.Address(t)
	for d := dir; d != "/" && d != os.TempDir(); d = filepath.Dir(d) { // squid gives up root
		if err := os.Chmod(d, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	conf := fmt.Sprintf(`http_port %[1]s
http_access allow all
access_log none
cache_log %[2]s/cache.log
pid_filename none
coredump_dir %[2]s
cache_mem 8 MB
visible_hostname test
pinger_enable off
shutdown_lifetime 0 seconds
cachemgr_passwd s3cret info
`, address, dir)
	path := filepath.Join(dir, "squid.conf")
	if err := os.WriteFile(path, []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	p := peertest.Start(t, nil, "squid", "-N", "-f", path)
	p.AwaitAddress(t, address)
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "max-age=1000")
		_, _ = w.Write(make([]byte, 5000))
	}))
	defer origin.Close()
	through := http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: address}), DisableKeepAlives: true}}
	for range 3 {
		answer, err := through.Get(origin.URL + "/a")
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
	}
	c := Config{}
	c.URL = "http://" + address + "/squid-internal-mgr"
	var got map[string]float64
	var err error
	p.Await(t, "having counted all answers", func(context.Context) bool {
		got, err = sampled(t, c)
		return got["squid_client_http_kbytes_out_kbytes_total"] >= 15
	})
	if err == nil || !strings.Contains(err.Error(), "info: ") || strings.Contains(err.Error(), "counters: ") {
		t.Errorf("without the password of info: %v", err)
	}
	for name, atLeast := range map[string]float64{
		"squid_up": 1, "squid_client_http_requests_total": 3, "squid_client_http_hits_total": 2, "squid_server_all_requests_total": 1,
		"squid_cpu_seconds_total": 0, "squid_HTTP_Requests_All_50": 0,
	} {
		if v, is := got[name]; !is || v < atLeast {
			t.Errorf("%s is %v (there: %v), want at least %v", name, v, is, atLeast)
		}
	}
	c.Username, c.PasswordFile = "any", filepath.Join(dir, "password")
	if err := os.WriteFile(c.PasswordFile, []byte("s3cret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err = sampled(t, c); err != nil || got["squid_info_Maximum_number_of_file_descriptors"] < 100 {
		t.Errorf("with it: %v, %v", err, got)
	}
	p.Stop()
	if got, err = sampled(t, c); err == nil {
		t.Error("no error from a dead server")
	}
	if diff := cmp.Diff(map[string]float64{"squid_up": 0}, got); diff != "" {
		t.Error(diff)
	}
}

// manager serves the captured pages.
func manager(t *testing.T, counters string) Config {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/")
		if name == "counters" && counters != "" {
			_, _ = w.Write([]byte(counters))
			return
		}
		http.ServeFile(w, r, "testdata/5.7-"+name+".txt")
	}))
	t.Cleanup(s.Close)
	c := Config{}
	c.URL = s.URL
	return c
}

func TestMetaDescribesAllThatIsTold(t *testing.T) {
	got, err := sampled(t, manager(t, ""))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{
		"squid_client_http_requests_total": 1, "squid_cpu_seconds_total": 0.033822, "squid_page_faults_total": 9,
		"squid_info_Storage_Mem_capacity": 2.6, "squid_info_Available_number_of_file_descriptors": 19992, "squid_info_UP_Time": 3.198,
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	described := map[string]bool{}
	for _, m := range Meta() {
		described[m.Name] = true
		if _, told := got[m.Name]; !told {
			t.Errorf("%s is described and not told", m.Name)
		}
	}
	for name := range got {
		if !described[name] {
			t.Errorf("%s is told and not described", name)
		}
	}
}

func TestPagesThatAreNone(t *testing.T) {
	got, err := sampled(t, manager(t, "<html>"))
	if err == nil || err.Error() != `counters: "<html>" is not this page` || got["squid_up"] != 0 || len(got) != 1 {
		t.Errorf("%v, %v", err, got)
	}
	got, err = sampled(t, manager(t, "client_http.requests = lots\nswap.ins = 3\n"))
	if err == nil || err.Error() != `counters: client_http.requests: "lots" is not a number` || got["squid_swap_ins_total"] != 3 {
		t.Errorf("%v, %v", err, got)
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"counters", "5min", "info"} {
		text, err := os.ReadFile("testdata/5.7-" + name + ".txt")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(_ *testing.T, page string) {
		b := new(batch.Names).Batch(time.Unix(1, 0))
		_ = b.Fields(counters(), parseKeys(page))
		_ = b.Fields(facts(), parseInfo(page))
	})
}
