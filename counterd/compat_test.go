package counterd

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plimsoll/counterd/listen"

	"github.com/google/go-cmp/cmp"
)

// The numbers are those of statsd 0.9.0's own process_metrics.js, and of
// Flickr-StatsD's roll-up, for the values 1 … 9 and 100.
func TestOutputsOfOtherDaemons(t *testing.T) {
	b := newBench(t, func(c *Config) {
		c.Compat = []CompatRule{{Match: "db.*", Etsy: []int{90, 75}, Flickr: true}}
	})
	b.lines("db.query:1:2:3:4:5:6:7:8:9:100|d\nweb.query:1|d\ndb.one:5|d")
	got := map[string]string{}
	for _, s := range b.tick(10) {
		name, value := splitShown(show(s))
		got[name] = value
	}
	want := map[string]string{
		"db_query_upper_90": "9", "db_query_mean_90": "5", "db_query_sum_90": "45", "db_query_count_90": "9",
		"db_query_upper_75": "8", "db_query_mean_75": "4.5", "db_query_sum_75": "36", "db_query_count_75": "8",
		"db_query_q1": "3", "db_query_q3": "26",
		"db_one_upper_90": "5", "db_one_mean_90": "5", "db_one_sum_90": "5", "db_one_count_90": "1",
		"db_one_upper_75": "5", "db_one_mean_75": "5", "db_one_sum_75": "5", "db_one_count_75": "1",
		"db_one_q1": "5", "db_one_q3": "5",
	}
	for name := range got {
		if strings.Contains(name, " n=") {
			delete(got, name)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if again := b.tick(20); len(again) != 3 {
		t.Errorf("an idle interval has no outputs: %v", again)
	}
}

func TestCompatIsValidated(t *testing.T) {
	for want, r := range map[string]CompatRule{
		"match": {Match: "[", Etsy: []int{90}}, "etsy: 100": {Match: "a", Etsy: []int{100}}, "neither": {Match: "a"},
	} {
		c := Default()
		c.Compat = []CompatRule{r}
		if err := c.Validate(); err == nil || !strings.Contains(fmt.Sprint(err), "compat[0]: "+want) && !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%+v: %v", r, err)
		}
	}
}

func TestCheckFilesReadsWhatTheConfigurationNames(t *testing.T) {
	dir := t.TempDir()
	rules := filepath.Join(dir, "rules.yml")
	if err := os.WriteFile(rules, []byte("mappings:\n- match: a.*\n  nme: a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := Default()
	c.MappingFile = rules
	c.Listen[0].Keys = []listen.Key{{ID: "web", SecretFile: filepath.Join(dir, "none")}}
	err := c.CheckFiles()
	for _, want := range []string{"mapping_file: ", "rules.yml", "listen[0].keys[0]: ", "none"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no word of %q in %v", want, err)
		}
	}
	if err := Default().CheckFiles(); err != nil {
		t.Error(err)
	}
}
