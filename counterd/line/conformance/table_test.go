package conformance

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRead(t *testing.T) {
	got, err := Read("# a comment\n\na:1|c\tcounter a 1\n#\\x00\\\\n\\t\\r\\n é\trefused control character\n")
	want := []Case{
		{Row: 3, Line: []byte("a:1|c"), Want: "counter a 1"},
		{Row: 4, Line: []byte("#\x00\\n\t\r\n é"), Want: "refused control character"},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

func TestReadSaysWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"a:1|c":               `row 1: "a:1|c" is not a line, a tab and an outcome`,
		"\n\tcounter a 1":     `row 2: "\tcounter a 1" is not a line, a tab and an outcome`,
		"a\tcounter\ta 1":     `row 1: "a\tcounter\ta 1" is not a line, a tab and an outcome`,
		"a\\\trefused":        `row 1: a backslash ends "a"`,
		"a\\x0\trefused":      `row 1: "0" after \x is no byte`,
		"a\\xzz\trefused":     `row 1: "zz" after \x is no byte`,
		"ok\tfine\na\\q\tbad": `row 2: unknown escape \q`,
	} {
		if _, err := Read(text); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestLoad(t *testing.T) {
	cases, err := Load(filepath.Join("..", "testdata", "conformance.tsv"))
	if err != nil || len(cases) < 70 {
		t.Errorf("%d rows, %v", len(cases), err)
	}
	if _, err := Load(filepath.Join(t.TempDir(), "none.tsv")); err == nil {
		t.Error("no error for a file that is not there")
	}
}
