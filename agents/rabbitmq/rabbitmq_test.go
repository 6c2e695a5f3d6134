package rabbitmq

import (
	"context"
	"encoding/json"
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

	"plimsoll/agents/ask"
	"plimsoll/agents/batch"
	"plimsoll/agents/page"
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

func captured(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/3.10.8-" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// api answers as the captured server did, to who knows the password.
func api(t *testing.T, queues func(q url.Values) []byte) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	for _, name := range []string{"overview", "nodes"} {
		mux.HandleFunc("GET /api/"+name, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(captured(t, name)) })
	}
	mux.HandleFunc("GET /api/queues", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(queues(r.URL.Query())) })
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name, password, _ := r.BasicAuth(); name != "plimsoll" || password != "s3cret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// sampled asks a server once.
func sampled(t *testing.T, address, password string, c Config) ([]metric.Sample, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(path, []byte(password), 0o600); err != nil {
		t.Fatal(err)
	}
	c.Config = page.Config{Page: ask.Page{URL: address, Username: "plimsoll", PasswordFile: path}}
	target, err := c.Target("mq1")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	return target.Sample(ctx, time.Unix(1000, 0))
}

func TestWhatRabbitMQTold(t *testing.T) {
	s := api(t, func(q url.Values) []byte {
		if q.Get("page_size") != "500" || !strings.Contains(q.Get("columns"), "message_stats.publish,") || q.Has("name") {
			t.Errorf("asked for %v", q)
		}
		return captured(t, "queues")
	})
	samples, err := sampled(t, s.URL, "s3cret", Config{})
	if err != nil {
		t.Fatal(err)
	}
	got := byName(t, samples)
	mail := `cluster="rabbit@mq1", durable="true", queue="mail", self="1", vhost="/"}`
	for key, want := range map[string]float64{
		`{__name__="rabbitmq_up"}`:                                                                        1,
		`{__name__="rabbitmq_queues", cluster="rabbit@mq1"}`:                                              3,
		`{__name__="rabbitmq_queue_messages_global", cluster="rabbit@mq1"}`:                               2,
		`{__name__="rabbitmq_fd_available", cluster="rabbit@mq1", node="rabbit@localhost", self="1"}`:     20000,
		`{__name__="rabbitmq_node_mem_alarm", cluster="rabbit@mq1", node="rabbit@localhost", self="1"}`:   0,
		`{__name__="rabbitmq_partitions", cluster="rabbit@mq1", node="rabbit@localhost", self="1"}`:       0,
		`{__name__="rabbitmq_queue_messages_ready", ` + mail:                                              2,
		`{__name__="rabbitmq_queue_messages_published_total", ` + mail:                                    3,
		`{__name__="rabbitmq_queue_messages_get_noack_total", ` + mail:                                    1,
		`{__name__="rabbitmq_queue_max_length", ` + mail:                                                  1000,
		`{__name__="rabbitmq_queue_online_nodes_len", ` + strings.Replace(mail, "mail", "q", 1):           1,
		`{__name__="rabbitmq_queue_state", ` + strings.Replace(mail, ` vhost`, ` state="idle", vhost`, 1): 1,
		`{__name__="plimsoll_rabbitmq_queues_left_out"}`:                                                  0,
	} {
		if v, is := got[key]; !is || v != want {
			t.Errorf("%s is %v (there: %v), want %v", key, v, is, want)
		}
	}
	described := map[string]string{}
	for _, m := range Meta() {
		described[m.Name] = m.Type
	}
	for _, s := range samples {
		if described[s.Name()] != s.Kind.String() {
			t.Errorf("%s is a %s, described as %q", s.Name(), s.Kind, described[s.Name()])
		}
	}
}

func TestQueuesAreBounded(t *testing.T) {
	const all = 1300
	pages := 0
	s := api(t, func(q url.Values) []byte {
		if q.Get("name") != "^mail" || q.Get("use_regex") != "true" {
			t.Errorf("asked for %v", q)
		}
		pages++
		p := part{Filtered: all, Pages: 3}
		for i := range 500 {
			p.Items = append(p.Items, map[string]any{"name": fmt.Sprintf("mail%s-%d", q.Get("page"), i), "vhost": "/", "messages": 1})
		}
		text, err := json.Marshal(map[string]any{"items": p.Items, "filtered_count": p.Filtered, "page_count": p.Pages})
		if err != nil {
			t.Error(err)
		}
		return text
	})
	samples, err := sampled(t, s.URL, "s3cret", Config{Queues: 600, QueueNames: "^mail"})
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, s := range samples {
		if s.Name() == "rabbitmq_queue_messages" {
			told++
		}
	}
	if left := samples[len(samples)-1]; told != 600 || pages != 2 || left.Value != all-600 {
		t.Errorf("%d queues are told of %d pages, %v left out", told, pages, left.Value)
	}
}

func TestARefusalIsNoAnswer(t *testing.T) {
	s := api(t, nil)
	samples, err := sampled(t, s.URL, "0ther", Config{})
	if err == nil || !strings.Contains(err.Error(), "http 401") || strings.Contains(err.Error(), "0ther") {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff(map[string]float64{`{__name__="rabbitmq_up"}`: 0}, byName(t, samples)); diff != "" {
		t.Error(diff)
	}
}

func TestValidateTellsAll(t *testing.T) {
	err := Config{Queues: -2, QueueNames: "["}.Validate()
	want := "queues: -2 is not between -1 and 5000\nqueue_names: error parsing regexp: missing closing ]: `[`"
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func FuzzTell(f *testing.F) {
	for _, name := range []string{"overview", "nodes", "queues"} {
		f.Add(captured(f, name))
	}
	f.Add([]byte(`[{"name":7,"messages":{"a":{"b":{"c":{"d":1}}}},"state":"flow","policy":"p"}]`))
	f.Fuzz(func(_ *testing.T, text []byte) {
		b := new(batch.Names).Batch(time.Unix(1, 0))
		var o overview
		if json.Unmarshal(text, &o) == nil {
			tellOverview(b, o)
		}
		var items []map[string]any
		if json.Unmarshal(text, &items) == nil {
			_ = tellNodes(b, o, items)
			_ = tellQueues(b, o, items)
		}
		var p part
		if json.Unmarshal(text, &p) == nil {
			_ = tellQueues(b, o, p.Items)
		}
	})
}
