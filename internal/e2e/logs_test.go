package e2e

import (
	"fmt"
	"os"
	"testing"
	"time"
)

// Lines of access logs are on the page as they come; what they hold is text.
func TestLogsOnThePage(t *testing.T) {
	dir := t.TempDir()
	log := writeFile(t, dir, "access.log", "")
	config := writeFile(t, dir, "plimsoll.yml", fmt.Sprintf("access_logs:\n  files: [{path: %s, format: combined}]\n", log))
	s := serve(t, t.TempDir(), "-config", config)
	b := newBrowser(t)
	b.open(s.url + "/logs")
	b.sees("body[data-ready]")
	f, err := os.OpenFile(log, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	now := time.Now().UTC().Format("02/Jan/2006:15:04:05 -0700")
	for status, agent := range map[int]string{200: hostile, 503: "curl"} {
		if _, err := fmt.Fprintf(f, "10.0.0.7 - - [%s] \"GET /photos/7 HTTP/1.1\" %d 512 \"-\" \"%s\"\n", now, status, agent); err != nil {
			t.Fatal(err)
		}
	}
	b.wait(`document.querySelectorAll("tr[data-line]").length === 2`)
	b.wait(`document.querySelector(".logs tbody").textContent.includes("onerror=")`)
	b.misses("#broken, body[data-broken], main img")
	b.eval(`document.querySelector("summary").click()`, nil)
	b.wait(`[...document.querySelectorAll("details td")].some((d) => d.textContent === "10.0.0.7")`)
	b.quiet()
}
