package e2e

import (
	"bytes"
	"encoding/json"
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
