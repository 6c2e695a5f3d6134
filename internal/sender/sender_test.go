package sender_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
	"plimsoll/internal/sender"
)

func series(name, instance, job string) labels.Labels {
	return labels.FromStrings(metric.NameLabel, name, "instance", instance, "job", job).WithoutEmpty()
}

func TestWriteAllows(t *testing.T) {
	w := sender.Write{Instances: []string{"{name}", "{name}:*"}, Jobs: []string{"node", "mysql*"}, Metrics: []string{"node_*", "up"}}
	web1 := w.For("web1")
	for want, all := range map[bool][]labels.Labels{
		true:  {series("node_load1", "web1", "node"), series("up", "web1:3306", "mysqld")},
		false: {series("node_load1", "web2", "node"), series("node_load1", "web1", "x"), series("load", "web1", "node"), series("up", "", "node"), series("up", "web1", "")},
	} {
		for _, l := range all {
			if web1.Allows(l) != want {
				t.Errorf("%s: allowed %v", l, !want)
			}
		}
	}
	if !web1.AllowsHost("web1") || web1.AllowsHost("web2") || web1.AllowsHost("") {
		t.Error("hosts of events are not told apart")
	}
	if (sender.Write{}).AllowsHost("x") != true || !(sender.Write{}).Everything() || w.Everything() {
		t.Error("no rule is not everything")
	}
	if every := w.For("*"); every.AllowsHost("web1") || !every.AllowsHost("*") {
		t.Error("a name is taken for a pattern")
	}
}

func TestFilterLeavesTheOthers(t *testing.T) {
	mine, other := metric.Sample{Labels: series("a", "web1", "")}, metric.Sample{Labels: series("a", "web2", "")}
	kept, refused := sender.Write{Instances: []string{"web1"}}.Filter([]metric.Sample{mine, other, mine})
	if len(kept) != 2 || !labels.Equal(kept[1].Labels, mine.Labels) {
		t.Errorf("kept %v", kept)
	}
	if diff := cmp.Diff(map[string]int{sender.ReasonForbidden: 1}, refused.Reasons); diff != "" {
		t.Error(diff)
	}
}

func TestValidate(t *testing.T) {
	err := sender.Write{Instances: []string{"a", "["}, Metrics: []string{""}}.Validate("auth.tokens[3].write")
	for _, want := range []string{"auth.tokens[3].write.instances[1]: ", "auth.tokens[3].write.metrics[0]: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}

func TestSource(t *testing.T) {
	r := httptest.NewRequest("POST", "/", nil)
	if got := sender.Of(r).Source("remote write"); got != "remote write 192.0.2.1" {
		t.Error(got)
	}
	r = r.WithContext(sender.With(r.Context(), sender.Sender{Name: "web", Address: "10.0.0.7"}))
	if got := sender.Of(r).Source("remote write"); got != "web 10.0.0.7" {
		t.Error(got)
	}
}
