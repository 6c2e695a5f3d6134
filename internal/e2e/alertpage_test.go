package e2e

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestAlertPage is an on-call night with the keyboard alone, on a page that is
// never reloaded: what is acknowledged is not escalated, what is silenced is held
// back, and all about an alert stands on its own page.
func TestAlertPage(t *testing.T) {
	t.Parallel()
	hook := newWebhook(t)
	config := writeFile(t, t.TempDir(), "plimsoll.yml", fmt.Sprintf(`
contacts:
  - {name: ops, webhook: {url: "%[1]s"}}
  - {name: boss, webhook: {url: "%[1]s"}}
routes:
  - {contacts: [ops], escalate: [{after: 10s, contacts: [boss]}]}
checks:
  - {name: first, tcp: {address: "127.0.0.1:%[2]d"}, interval: 2s, retry_interval: 1s, max_attempts: 1}
  - {name: second, tcp: {address: "127.0.0.1:%[2]d"}, interval: 2s, retry_interval: 1s, max_attempts: 3}
`, hook.URL, freePort(t)))
	s := serve(t, t.TempDir(), "-config", config)
	b := newBrowser(t)
	b.open(s.url + "/alerts")
	b.eval("window.neverReloaded = true", nil)
	b.sees(`[data-alert-name=first][data-hard=true] [data-told~=ops]`)

	b.on("first")
	b.press("a")
	b.sees(`form[data-form=acknowledge] :focus`)
	b.write("on it")
	b.fill("by", "ada")
	b.press("Enter")
	b.sees(`[data-alert-name=first][data-acked=true] [data-ack=ada]`)
	b.wait(`document.activeElement.closest("tr")?.dataset.alertName === "first"`)
	b.sees(`[data-alert-name=second] [data-told~=boss]`)
	b.misses(`[data-alert-name=first] [data-told~=boss]`) // its time came before

	b.on("second")
	b.press("s")
	b.sees(`[data-picks="1"]`)
	b.press("Enter") // the name is known by now
	b.sees(`[data-alert-name=second][data-held=true] [data-hold=silence]`)
	b.sees(`[data-hold-row=silence][data-hold-state=active]`)

	b.on("first")
	b.press("a")
	b.sees(`form[data-form="take back"] :focus`)
	b.press("Enter")
	b.sees(`[data-alert-name=first][data-acked=false]`)

	b.on("second")
	b.press("Enter")
	b.sees(`[data-alert-detail="check/second"] [data-hold=silence]`)
	b.sees(`[data-message=boss][data-status=sent]`)
	b.sees(`[data-event=acknowledged], [data-episode]`)
	b.wait("window.neverReloaded === true")
	b.quiet()
}

// on gives the focus to the row of an alert.
func (b *browser) on(alert string) {
	b.Helper()
	b.eval(fmt.Sprintf(`document.querySelector('[data-alert-name="%s"] a.what').focus()`, alert), nil)
}

// press presses a key, click what a selector matches; write types into what has
// the focus, and fill puts a value into the field of a name.
func (b *browser) press(key string)  { b.act(map[string]any{"do": "press", "key": key}) }
func (b *browser) click(what string) { b.act(map[string]any{"do": "click", "selector": what}) }
func (b *browser) write(text string) { b.act(map[string]any{"do": "write", "text": text}) }
func (b *browser) fill(name, value string) {
	b.act(map[string]any{"do": "fill", "name": name, "value": value})
}

func (b *browser) act(request map[string]any) {
	b.Helper()
	if err := b.do(request, nil); err != nil {
		b.Fatalf("%v: %v", request, err)
	}
}

// does posts JSON until it is accepted: what it is about may be still to come.
func (s *server) does(t *testing.T, path, body string) {
	t.Helper()
	eventually(t, "POST "+path, func() error {
		resp, err := http.Post(s.url+path, "application/json", strings.NewReader(body))
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if text, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK {
			return fmt.Errorf("%s: %s", resp.Status, text)
		}
		return nil
	})
}
