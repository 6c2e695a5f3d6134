package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// accessLog has a request each second from second from to second to: one in ten
// fails, and takes a second in place of a tenth.
func accessLog(base time.Time, from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		status, took := 200, "0.100"
		if i%10 == 0 {
			status, took = 500, "1.000"
		}
		fmt.Fprintf(&b, "192.0.2.7 - - [%s] \"GET /photos/%d HTTP/1.1\" %d 1000 \"-\" \"curl\" %s\n",
			base.Add(time.Duration(i)*time.Second).UTC().Format("02/Jan/2006:15:04:05 -0700"), i, status, took)
	}
	return b.String()
}

// TestImport brings an access log into a running service, its newer part first,
// and twice, and a file with the totals of a counter.
func TestImport(t *testing.T) {
	s := serve(t, t.TempDir(), "-config", writeFile(t, t.TempDir(), "plimsoll.yml", "agent: {enabled: false}\n"))
	dir := t.TempDir()
	base := time.Now().Add(-3 * time.Hour).Truncate(time.Hour)
	older, newer := writeFile(t, dir, "access.log.1", accessLog(base, 0, 3600)), writeFile(t, dir, "access.log", accessLog(base, 3600, 7200))
	for _, file := range []string{newer, older, older} {
		out, errs, code := plimsoll(t, "import", "-server", s.url, "-format", "accesslog", "-label", "host=web3", file)
		if code != 0 || !strings.Contains(out, "read 3600 lines") || !strings.Contains(out, "stored:") {
			t.Fatalf("exit %d: %s%s", code, out, errs)
		}
	}
	var totals strings.Builder
	fmt.Fprintln(&totals, "# TYPE photos_stored counter")
	for i := 1; i <= 60; i++ {
		fmt.Fprintf(&totals, "photos_stored_total %d %d\n", 1000+6*i, base.Unix()+int64(60*i))
	}
	if out, errs, code := plimsoll(t, "import", "-server", s.url, "-format", "openmetrics", writeFile(t, dir, "totals.txt", totals.String()+"# EOF\n")); code != 0 {
		t.Fatalf("exit %d: %s%s", code, out, errs)
	}
	hour := func(n int) string { return fmt.Sprint(base.Unix() + int64(3600*n)) }
	for expr, want := range map[string]string{
		`sum(http_requests_total{host="web3"} @ ` + hour(1) + `)`:                                                           "3600",
		`sum(http_requests_total{host="web3"} @ ` + hour(2) + `) - sum(http_requests_total{host="web3"} @ ` + hour(1) + `)`: "3600",
		`http_requests_total{host="web3",status="500"} @ ` + hour(2):                                                        "720",
		`http_request_seconds_count @ ` + hour(1):                                                                           "3600",
		`http_request_seconds_max{host="web3"} @ ` + hour(1):                                                                "1",
		`round(http_request_seconds{quantile="0.5"} @ ` + hour(2) + `, 0.01)`:                                               "0.1",
		`photos_stored_total @ ` + hour(1):                                                                                  "1360",
		`increase(photos_stored_total[50m] @ ` + hour(1) + ` anchored)`:                                                     "300",
	} {
		s.wants(t, expr, want)
	}
	if _, errs, code := plimsoll(t, "import", "-server", s.url, "-format", "json", older); code != 1 || !strings.Contains(errs, "too many bad lines") {
		t.Errorf("exit %d: %s", code, errs)
	}
}
