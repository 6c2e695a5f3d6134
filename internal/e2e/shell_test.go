package e2e

import (
	"fmt"
	"net"
	"strings"
	"testing"
)

// TestShellSenders: nc and bash alone are clients.
func TestShellSenders(t *testing.T) {
	in := newIntake(t)
	udp, tcp := strings.ReplaceAll(in.udp, ":", " "), strings.ReplaceAll(in.tcp, ":", " ")
	file := func(text string) string { return writeFile(t, t.TempDir(), "lines", text) }
	cases := []struct {
		shell string
		lines int
		total string // of page_view
	}{
		{fmt.Sprintf(`for i in 1 2 3; do echo "$NAME.page_view:2|c" >/dev/udp/%s; done`, strings.ReplaceAll(in.udp, ":", "/")), 3, "6"},
		{fmt.Sprintf(`printf "$NAME.page_view\n$NAME.page_view:2|c|@0.5" >/dev/udp/%s`, strings.ReplaceAll(in.udp, ":", "/")), 2, "5"},
		{fmt.Sprintf(`printf "$NAME.page_view:7|c\r\n$NAME.page_view\n" >/dev/tcp/%s`, strings.ReplaceAll(in.tcp, ":", "/")), 2, "8"},
		{fmt.Sprintf(`sed s/NAME/$NAME/ %s | nc -u -q0 %s`, file("NAME.page_view\nNAME.page_view:1:2|c\n"), udp), 2, "4"},
		{fmt.Sprintf(`sed s/NAME/$NAME/ %s | nc -N %s`, file("NAME.page_view\nNAME.page_view:9|c\n"), tcp), 2, "10"},
		{fmt.Sprintf(`sed s/NAME/$NAME/ %s | nc -N -U %s`, file("NAME.page_view\nNAME.page_view:10|c\n"), in.unix), 2, "11"},
		{fmt.Sprintf(`sed s/NAME/$NAME/ %s | nc -u -q0 -U %s`, file("NAME.page_view\nNAME.page_view:11|c\n"), in.unixgram), 2, "12"},
	}
	name := in.counts(t, map[string]uint64{}, func(name string) (lines int) {
		for i, c := range cases {
			run(t, "bash", "-c", fmt.Sprintf("NAME=%s%c\n%s", name, 'a'+i, c.shell))
			lines += c.lines
		}
		return lines
	})
	for i, c := range cases {
		in.shows(t, fmt.Sprintf("%s%c", name, 'a'+i), map[string]string{"NAME_page_view_total": c.total})
	}
}

// TestFlickrsClient sends as lib/Flickr/StatsD's clients do (iamcal/Flickr-StatsD):
// a socket for each line, a datagram a line, to an address of its own.
func TestFlickrsClient(t *testing.T) {
	in := newIntake(t)
	name := in.counts(t, map[string]uint64{"not a number": 1}, func(name string) int {
		sent := []string{"page_view", "page_view", "db_query:250", "db_query:750.5", "ok_login:1", "ok_login:0", "ok_login:1", "slow:fast"}
		for _, line := range sent {
			conn, err := net.Dial("udp", in.flickr)
			if err != nil {
				t.Fatal(err)
			}
			line = strings.Replace(line, "ok_", "ok_"+name+".", 1)
			if !strings.HasPrefix(line, "ok_") {
				line = name + "." + line
			}
			if _, err := fmt.Fprintf(conn, "%s\n", line); err != nil {
				t.Fatal(err)
			}
			conn.Close()
		}
		return len(sent)
	})
	in.shows(t, name, map[string]string{
		`NAME_page_view_total`:            "2",
		`NAME_db_query_seconds_count`:     "2",
		`NAME_db_query_seconds_sum`:       "1.0005",
		`NAME_login_total{result="ok"}`:   "2",
		`NAME_login_total{result="fail"}`: "1",
	})
}
