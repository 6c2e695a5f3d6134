package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
)

// hostile is what a sender may put where a page shows text.
const hostile = `</script><img src=x onerror="document.body.dataset.broken=1"><b id=broken>`

// TestEventsOnThePages: what is told over HTTP is marked on charts that are
// open, without a reload, listed among the alerts, and there after a restart;
// and no word of it is taken for markup.
func TestEventsOnThePages(t *testing.T) {
	data := t.TempDir()
	s := serve(t, data)
	b := newBrowser(t)
	b.open(s.url + "/")
	b.sees("body[data-ready]")
	b.sees("[data-connection=open]")
	tellEvent(t, s, map[string]any{
		"title": "deployed " + hostile, "text": hostile + "\nsecond line", "host": hostile, "source": hostile,
		"type": "error", "key": "d7", "labels": map[string]string{"env": hostile},
	})
	b.wait(`[...document.querySelectorAll(".uplot")].length > 4 && [...document.querySelectorAll(".uplot")].every(c => c.dataset.marks === "1")`)

	b.eval(pointAtTheMark, nil)
	b.wait(`!document.getElementById("eventnote")?.hidden && document.getElementById("eventnote")?.textContent.includes("deployed </script><img")`)
	b.wait(`document.getElementById("eventnote").textContent.includes("second line")`)

	b.open(s.url + "/alerts")
	b.sees(`tr[data-event=told]`)
	b.wait(`document.querySelector("tr[data-event=told]").textContent.includes("onerror=")`)
	for _, path := range []string{"/", "/alerts"} {
		b.open(s.url + path)
		b.sees("body[data-ready]")
		b.misses("#broken, body[data-broken], main img")
	}
	b.quiet()

	if code := s.stop(t); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	s = serve(t, data)
	var answer struct {
		Events []struct{ Title, Text string }
	}
	if err := s.json(`/api/plimsoll/v1/events?match[]={type="error"}`, &answer); err != nil || len(answer.Events) != 1 ||
		answer.Events[0].Title != "deployed "+hostile {
		t.Errorf("after a restart: %v %+v", err, answer)
	}
}

// TestPassiveCheckOverAKill: what an application says of itself is told once,
// over a kill and a restart, and its end once.
func TestPassiveCheckOverAKill(t *testing.T) {
	hook := newWebhook(t)
	dir, data := t.TempDir(), t.TempDir()
	config := writeFile(t, dir, "plimsoll.yml", fmt.Sprintf(`
contacts:
  - {name: ops, webhook: {url: "%s"}}
`, hook.URL))
	s := serve(t, data, "-config", config)
	const check = "app.can_connect"
	say := func(status int) {
		send(t, s.udp, fmt.Sprintf("_sc|%s|%d|h:web3|#env:prod|m:it says %d", check, status, status))
	}
	say(2)
	send(t, s.udp, "_e{8,5}:deployed|hello|h:web3|t:success")
	hook.wants(t, check, "problem")
	s.wants(t, `service_check_status{check="app.can_connect", host="web3", env="prod"}`, "2")
	s.kill()

	s = serve(t, data, "-config", config)
	b := newBrowser(t)
	b.open(s.url + "/alerts")
	b.sees(`tr[data-alert-name="app.can_connect"][data-state=critical][data-hard=true]`)
	b.sees(`tr[data-event=told][data-event-name=deployed]`)
	say(2)
	s.wants(t, `service_check_status{check="app.can_connect"}`, "2")
	say(0)
	hook.wants(t, check, "recovery")
	b.sees(`tr[data-alert-name="app.can_connect"][data-state=ok]`)
	if p, r := hook.count(check, "problem"), hook.count(check, "recovery"); p != 1 || r != 1 {
		t.Errorf("told of %d problems and %d recoveries, want one of each", p, r)
	}
	b.quiet()
}

// pointAtTheMark moves the pointer along the first chart until a note is shown.
const pointAtTheMark = `(async () => {
	const over = document.querySelector(".u-over");
	const box = over.getBoundingClientRect();
	for (let i = 0; i < 200; i++) {
		for (let x = box.right - 1; x > box.left; x -= 3) {
			over.dispatchEvent(new MouseEvent("mousemove", { clientX: x, clientY: box.top + 20, bubbles: true, view: window }));
			if (document.getElementById("eventnote")?.hidden === false) return true;
		}
		await new Promise(done => setTimeout(done, 100));
	}
	return false;
})()`

func tellEvent(t *testing.T, s *server, event map[string]any) {
	t.Helper()
	body, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(s.url+"/api/plimsoll/v1/events", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusAccepted {
		t.Fatalf("event %s: %s", body, resp.Status)
	}
}
