package agent

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/agents/remote"
	"plimsoll/internal/metric"
)

func loadText(t *testing.T, text string) (Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "agent.yml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(path)
}

func TestEmptyFileMeansDefaults(t *testing.T) {
	c, err := loadText(t, "# nothing\n")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Default(), c, cmpopts.IgnoreUnexported(c.Spool, c.Counterd.Config)); diff != "" {
		t.Error(diff)
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	_, err := loadText(t, `
instance: ""
interval: 500ms
collectors: [localhost]
remote_write: {token: a, token_file: b, tls: {cert_file: x}}
spool: {max_bytes: 1}
host: {mount_exclude: "("}
counterd:
  job: ""
  listen: ["0.0.0.0:8125"]
extra: 1
`)
	for _, key := range []string{
		"instance", "interval", "collectors[0]", "remote_write.token", "remote_write.tls.cert_file", "spool.max_bytes",
		"host.mount_exclude", "counterd.job", "counterd.listen[0].address", "extra",
	} {
		if err == nil || !strings.Contains(err.Error(), " "+key+":") {
			t.Errorf("%s is not in\n%v", key, err)
		}
	}
}

func TestReloadSaysWhatNeedsARestart(t *testing.T) {
	was, now := Default(), Default()
	now.Data, now.Counterd.Flush, now.Interval = "elsewhere", 0, 0
	if diff := cmp.Diff([]string{"data", "counterd"}, was.restartFor(now)); diff != "" {
		t.Error(diff)
	}
}

var yamlBlock = regexp.MustCompile("(?s)```yaml agent\n(.*?)```")

// TestDocumentedConfigurations loads what the guide shows. Its first block says
// that it shows the defaults.
func TestDocumentedConfigurations(t *testing.T) {
	guide, err := os.ReadFile("../../docs/agents.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := yamlBlock.FindAllStringSubmatch(string(guide), -1)
	if len(blocks) < 2 {
		t.Fatalf("%d blocks", len(blocks))
	}
	for i, b := range blocks {
		c, err := loadText(t, b[1])
		if err != nil {
			t.Errorf("%v\nin\n%s", err, b[1])
		}
		if diff := cmp.Diff(Default(), c, cmpopts.IgnoreUnexported(c.Spool, c.Counterd.Config), cmpopts.EquateEmpty()); i == 0 && diff != "" {
			t.Error(diff)
		}
	}
}

// What test prints is Prometheus' text format.
func TestTryPrintsWhatWouldBeSent(t *testing.T) {
	c := Default()
	c.Instance = "web1"
	var out bytes.Buffer
	if err := Try(t.Context(), c, "host", &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(&out)
	if err != nil {
		t.Fatal(err)
	}
	load := families["node_load1"]
	if load == nil || families["node_cpu_seconds_total"].GetType().String() != "COUNTER" {
		t.Fatalf("%d families without the host's", len(families))
	}
	got := map[string]string{}
	for _, l := range load.GetMetric()[0].GetLabel() {
		got[l.GetName()] = l.GetValue()
	}
	if diff := cmp.Diff(map[string]string{"instance": "web1", "job": "node"}, got); diff != "" {
		t.Error(diff)
	}
}

// A target that cannot be measured is named, and the others are printed.
func TestTryTellsWhatIsWrong(t *testing.T) {
	c, err := loadText(t, "targets: {memcache: [{address: 'localhost:1'}]}\n")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := Try(t.Context(), c, "", &out); err == nil || !strings.Contains(out.String(), "# ERROR ") || !strings.Contains(out.String(), "node_load1{") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

// Targets that hang do not add up.
func TestTryMeasuresTargetsTogether(t *testing.T) {
	var lc net.ListenConfig
	silent, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	text := "targets:\n  memcache:\n"
	for i := range 6 {
		text += fmt.Sprintf("    - {address: %q, instance: c%d, interval: 1s, labels: {rack: r%d}}\n", silent.Addr(), i, i)
	}
	c, err := loadText(t, text)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	began := time.Now()
	if err := Try(t.Context(), c, "memcached", &out); err == nil || err.Error() != "6 of 6 targets could not be measured" {
		t.Error(err)
	}
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("six targets that hang for 0.8 s took %v", took)
	}
	first, last := strings.Index(out.String(), `instance="c0" rack="r0": `), strings.Index(out.String(), `instance="c5" rack="r5": `)
	if first < 0 || last < first {
		t.Errorf("%s", out.String())
	}
}

// sampleFunc is a sink.
type sampleFunc func([]metric.Sample)

func (f sampleFunc) Put(_ context.Context, samples []metric.Sample) error {
	f(samples)
	return nil
}

func TestLabelsAreAddedToACopy(t *testing.T) {
	var got []string
	l := &labelled{
		add:  []labels.Label{{Name: "instance", Value: "web1"}, {Name: "job", Value: "counterd"}},
		next: sampleFunc(func(all []metric.Sample) { got = append(got, all[0].Labels.String()) }),
	}
	given := []metric.Sample{{Labels: labels.FromStrings("__name__", "a_total", "job", "mine")}}
	for range 2 {
		if err := l.Put(t.Context(), given); err != nil {
			t.Fatal(err)
		}
	}
	want := `{__name__="a_total", instance="web1", job="counterd"}`
	if diff := cmp.Diff([]string{want, want}, got); diff != "" || given[0].Labels.Get("job") != "mine" {
		t.Errorf("%s, the caller's is %s", diff, given[0].Labels)
	}
}

// A reload takes a request away from a collector that does not answer.
func TestReplacedCollectorLosesItsRequest(t *testing.T) {
	hangs := make(chan struct{})
	asked := make(chan struct{}, 1)
	old := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		select {
		case <-hangs:
		case <-r.Context().Done():
		}
	}))
	defer old.Close()
	defer close(hangs)
	taken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Prometheus-Remote-Write-Samples-Written", "1")
	}))
	defer taken.Close()
	sink := func(url string) *remote.Sink {
		c := remote.Default()
		c.URLs, c.Timeout = []string{url}, time.Minute
		s, err := remote.New(c)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	var s sending
	s.use(sink(old.URL))
	done := make(chan error, 1)
	go func() {
		done <- s.Put(t.Context(), []metric.Sample{{Labels: labels.FromStrings("__name__", "a"), At: 1000, Value: 1}})
	}()
	<-asked
	s.use(sink(taken.URL))
	if err := <-done; err != nil {
		t.Error(err)
	}
}
