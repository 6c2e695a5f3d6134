package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang/snappy"
	"github.com/google/go-cmp/cmp"
	writev2 "github.com/prometheus/prometheus/prompb/io/prometheus/write/v2"

	"plimsoll/collector/ganglia"
	"plimsoll/collector/ganglia/xdr"
)

// sent runs `plimsoll send` with args.
func sent(args ...string) (stderr string, code int) {
	var errs bytes.Buffer
	code = run(env{context.Background(), io.Discard, &errs}, append([]string{"send"}, args...))
	return errs.String(), code
}

// receiver is a service that keeps the symbols of what it is written.
func receiver(t *testing.T, status int, answer string) (url string, got func() []string) {
	t.Helper()
	var symbols []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		packed, _ := io.ReadAll(r.Body)
		plain, err := snappy.Decode(nil, packed)
		var m writev2.Request
		if err == nil {
			err = m.Unmarshal(plain)
		}
		if err != nil || r.URL.Path != "/api/v1/write" {
			t.Errorf("%s: %v", r.URL, err)
		}
		symbols = m.Symbols
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(s.Close)
	return s.URL, func() []string { return symbols }
}

func TestSendAsGmetric(t *testing.T) {
	url, got := receiver(t, http.StatusNoContent, "")
	if text, code := sent("-server", url, "-c", "/etc/gmond.conf", "--name=disk-util", "-v", "42", "-t", "uint8", "-S", "1.2.3.4:web1", "-g", "disk"); code != 0 || !strings.Contains(text, "-c /etc/gmond.conf is ignored") {
		t.Errorf("%d %s", code, text)
	}
	want := map[string]bool{"disk_util": true, "web1": true, "ganglia": true, "disk": true}
	for _, s := range got() {
		delete(want, s)
	}
	if len(want) > 0 {
		t.Errorf("no %v in %q", want, got())
	}
}

func TestSendAsGmetricSaysWhatIsWrong(t *testing.T) {
	refusing, _ := receiver(t, http.StatusBadRequest, "1 samples refused (late: 1)\n")
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"-n", "m", "-v", "300", "-t", "uint8"}, exitWrongUse, `value "300" is not in 0..255, the range of uint8`},
		{[]string{"-n", "m", "-v", "x", "-t", "float"}, exitWrongUse, `value "x" is not a number`},
		{[]string{"-n", "m", "-v", "1"}, exitWrongUse, `type "" is not`},
		{[]string{"-v", "1", "-t", "float"}, exitWrongUse, `name ""`},
		{[]string{"-n", "m", "-v", "1", "-t", "float", "page_view"}, exitWrongUse, "send one or the other"},
		{[]string{"-n", "m", "-v", "1", "-t", "string"}, exitFailed, "a string, which makes no series"},
		{[]string{"-n", "m", "-v", "1", "-t", "float", "-server", refusing}, exitFailed, "400 Bad Request: 1 samples refused (late: 1)"},
		{[]string{"-n", "m", "-v", "1", "-t", "float", "-server", "http://127.0.0.1:1"}, exitFailed, "is plimsoll serve running there?"},
		{[]string{"-n", "m", "-v", "1", "-t", "float", "-gmetric", "nowhere"}, exitWrongUse, "-gmetric"},
		{[]string{"-f", "/no/such/file"}, exitFailed, "no such file"},
		{[]string{"-H"}, exitWrongUse, "needs the host"},
	} {
		if text, code := sent(c.args...); code != c.code || !strings.Contains(text, c.want) {
			t.Errorf("%q: %d %s; want %d %s", c.args, code, text, c.code, c.want)
		}
	}
}

// Of a batch the good lines are sent, and each bad one is named.
func TestSendBatch(t *testing.T) {
	file := filepath.Join(t.TempDir(), "batch")
	text := `# comment
gmetric -n a -v 1 -t uint8
-n "b c" -v '-2.5' -t double --spoof=1.2.3.4:web1

-n d -v 300 -t uint8
-n e -v "open -t uint8
-n f -v 1 -t float extra
-z
-n g -v 7
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	url, got := receiver(t, http.StatusNoContent, "")
	errs, code := sent("-server", url, "-f", file, "-t", "int32")
	for _, want := range []string{`:5: value "300"`, ":6: ", `:7: "extra" is no option`, ":8: flag provided but not defined: -z"} {
		if !strings.Contains(errs, file+want) {
			t.Errorf("no %s in %s", want, errs)
		}
	}
	all := strings.Join(got(), " ")
	for _, want := range []string{"a", "b_c", "web1", "g"} {
		if !strings.Contains(" "+all+" ", " "+want+" ") {
			t.Errorf("no %s in %s", want, all)
		}
	}
	if code != exitFailed || strings.Contains(errs, ":9:") {
		t.Errorf("%d %s", code, errs)
	}
}

func TestSendToAGmond(t *testing.T) {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if text, code := sent("-gmetric", c.LocalAddr().String(), "-n", "motd", "-v", "well", "-t", "string", "-u", "words"); code != 0 {
		t.Fatalf("%d %s", code, text)
	}
	var ids []xdr.ID
	for range 2 {
		buf := make([]byte, 2000)
		_ = c.SetReadDeadline(time.Now().Add(30 * time.Second))
		n, _, err := c.ReadFrom(buf)
		if err != nil {
			t.Fatal(err)
		}
		p, err := xdr.Parse(buf[:n])
		if err != nil || p.Name != "motd" {
			t.Fatalf("%+v %v", p, err)
		}
		ids = append(ids, p.ID)
	}
	if d := cmp.Diff([]xdr.ID{xdr.Metadata, xdr.String}, ids); d != "" {
		t.Error(d)
	}
}

func TestWords(t *testing.T) {
	for line, want := range map[string][]string{
		`a  b	c`:              {"a", "b", "c"},
		`-n 'a "b"' "c \" d"`: {"-n", `a "b"`, `c " d`},
		`a\ b '' ""`:          {"a b", "", ""},
		`a # b`:               {"a"},
		`a#b`:                 {"a#b"},
		`# all`:               nil,
		`'back\slash'`:        {`back\slash`},
	} {
		got, err := words(line)
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Errorf("%s: %v %s", line, err, d)
		}
	}
	for _, line := range []string{`'a`, `"a\"`, `a\`} {
		if got, err := words(line); err == nil {
			t.Errorf("%s: %q", line, got)
		}
	}
	if _, some, err := parseGmetric("  ", ganglia.Gmetric{}); some || err != nil {
		t.Errorf("an empty line: %t %v", some, err)
	}
}
