package agent

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
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
