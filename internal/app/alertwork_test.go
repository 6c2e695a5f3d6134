package app

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"plimsoll/alerting"
	"plimsoll/alerting/notify"
	"plimsoll/dashboard"
	"plimsoll/internal/metric"
)

const (
	alertings = "/api/plimsoll/v1/alerting/"
)

// inTrouble runs a service with a passive check that is critical, and returns
// who asks it and what its contact is told.
func inTrouble(t *testing.T, change func(*Config)) (caller, chan notify.Message) {
	t.Helper()
	told := make(chan notify.Message, 10)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var m notify.Message
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			t.Error(err)
		}
		told <- m
	}))
	t.Cleanup(hook.Close)
	c := testConfig(t)
	c.Alerting.DefaultRules = false
	c.Alerting.Contacts = []notify.Contact{{Name: "ops", Webhook: &notify.Webhook{URL: hook.URL}}}
	if change != nil {
		change(&c)
	}
	s := served(t, c, nil)
	if len(c.Auth.Tokens) > 0 {
		s.token = "operator"
	}
	s.says(t, "critical")
	return s, told
}

// says sends a result of the check.
func (c caller) says(t *testing.T, state string) {
	t.Helper()
	if code, text := c.do("POST", "/api/plimsoll/v1/checks", "application/json", fmt.Appendf(nil, `{"name":"backup","state":%q,"message":"no <space> left"}`, state)); code != http.StatusAccepted {
		t.Fatalf("%d %s", code, text)
	}
}

// next returns the next message.
func next(t *testing.T, told chan notify.Message) notify.Message {
	t.Helper()
	select {
	case m := <-told:
		return m
	case <-time.After(20 * time.Second):
		t.Fatal("nobody is told")
	}
	return notify.Message{}
}

// only returns the alert of the check.
func (c caller) only(t *testing.T) metric.Alert {
	t.Helper()
	_, text := c.do("GET", "/api/plimsoll/v1/alerts", "", nil)
	var answer struct{ Alerts []metric.Alert }
	if err := json.Unmarshal([]byte(text), &answer); err != nil || len(answer.Alerts) != 1 {
		t.Fatalf("%v: %s", err, text)
	}
	return answer.Alerts[0]
}

func linkOf(m notify.Message) string {
	_, token, _ := strings.Cut(m.AckURL, "/ack/")
	return "/ack/" + token
}

func TestAlertsAreAcknowledgedByAPI(t *testing.T) {
	s, told := inTrouble(t, nil)
	next(t, told)
	id := s.only(t).ID
	code, text := s.do("POST", alertings+"ack", "application/json", fmt.Appendf(nil, `{"match":"alertname=\"backup\",severity=\"critical\"","by":"ada","note":"on it","for":"2h"}`))
	if code != http.StatusOK || text != fmt.Sprintf(`{"alerts":[%q]}`, id) {
		t.Fatalf("%d %s", code, text)
	}
	a := s.only(t)
	if a.Ack == nil || a.Ack.By != "ada" || a.Ack.Note != "on it" || a.Ack.Until.Sub(a.Ack.At) != 2*time.Hour {
		t.Errorf("acknowledged: %+v", a.Ack)
	}
	_, text = s.do("GET", alertings+"alert?id="+url.QueryEscape(id), "", nil)
	var d alerting.Detail
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	// That the message arrived may be noted after the acknowledgement.
	known := slices.ContainsFunc(d.History, func(e metric.AlertEvent) bool { return e.Kind == "acknowledged" && e.Contact == "ada" })
	if d.Alert == nil || d.Alert.Ack == nil || !known || len(d.Messages) != 1 || d.Messages[0].Contact != "ops" ||
		len(d.Episodes) != 1 || d.Episodes[0].AckedBy != "ada" {
		t.Errorf("detail: %s", text)
	}
	if code, text := s.do("POST", alertings+"acted", "application/json", fmt.Appendf(nil, `{"episode":%d,"what":"made room"}`, a.Episode)); code != http.StatusOK {
		t.Errorf("%d %s", code, text)
	}
	if code, text := s.do("POST", alertings+"acted", "application/json", []byte(`{"episode":4711,"what":"x"}`)); code != http.StatusNotFound {
		t.Errorf("an episode that never was: %d %s", code, text)
	}
	if _, text := s.do("GET", alertings+"episodes?since=1h", "", nil); !strings.Contains(text, `"acted":"made room"`) {
		t.Errorf("episodes: %s", text)
	}
	if code, text := s.do("DELETE", alertings+"ack?by=ada&id="+url.QueryEscape(id), "", nil); code != http.StatusOK || s.only(t).Ack != nil {
		t.Errorf("%d %s, still %+v", code, text, s.only(t).Ack)
	}
}

// What is silenced is told when the silence ends, once.
func TestSilencesHoldBackByAPI(t *testing.T) {
	s, told := inTrouble(t, nil)
	next(t, told)
	silence := `{"match":"alertname=\"disk\"","for":"2h","by":"ada","note":"new disks","dry_run":%v}`
	var made struct{ Silence struct{ ID int64 } }
	for _, dry := range []bool{true, false} {
		code, text := s.do("POST", alertings+"silences", "application/json", fmt.Appendf(nil, silence, dry))
		if err := json.Unmarshal([]byte(text), &made); err != nil || code != http.StatusOK || (made.Silence.ID == 0) != dry {
			t.Fatalf("%d %s", code, text)
		}
	}
	if code, text := s.do("POST", "/api/plimsoll/v1/checks", "application/json", []byte(`{"name":"disk","state":"critical"}`)); code != http.StatusAccepted {
		t.Fatalf("%d %s", code, text)
	}
	var listed string
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(listed, `"name":"disk"`) && time.Now().Before(deadline); {
		_, listed = s.do("GET", alertings+"silences", "", nil)
	}
	if !strings.Contains(listed, `"active":true`) || !strings.Contains(listed, `"name":"disk"`) {
		t.Fatal(listed)
	}
	if code, text := s.do("DELETE", fmt.Sprintf("%ssilences?by=ada&id=%d", alertings, made.Silence.ID), "", nil); code != http.StatusOK {
		t.Fatalf("%d %s", code, text)
	}
	if m := next(t, told); m.Name != "disk" || m.Event != notify.Problem {
		t.Errorf("told of %+v", m)
	}
	if len(told) > 0 {
		t.Errorf("told more: %+v", <-told)
	}
	_, history := s.do("GET", "/api/plimsoll/v1/history", "", nil)
	if strings.Count(history, `"kind":"silence"`) != 2 {
		t.Errorf("history: %s", history)
	}
}

// Who holds a token acts under its name.
func TestTokensSayWhoActs(t *testing.T) {
	s, told := inTrouble(t, withTokens)
	next(t, told)
	id := s.only(t).ID
	body := fmt.Appendf(nil, `{"id":%q,"by":"somebody else"}`, id)
	if code, text := s.do("POST", alertings+"ack", "application/json", body); code != http.StatusOK || s.only(t).Ack.By != "operator" {
		t.Errorf("%d %s: %+v", code, text, s.only(t).Ack)
	}
	s.token = "viewer"
	if code, _ := s.do("POST", alertings+"ack", "application/json", body); code != http.StatusForbidden {
		t.Errorf("a viewer acknowledges: %d", code)
	}
	if code, _ := s.do("GET", alertings+"alert?id="+url.QueryEscape(id), "", nil); code != http.StatusOK {
		t.Errorf("a viewer looks: %d", code)
	}
}

func withTokens(c *Config) {
	for _, role := range []dashboard.Role{dashboard.Viewer, dashboard.Operator} {
		sum := sha256.Sum256([]byte(role))
		c.Auth.Tokens = append(c.Auth.Tokens, dashboard.Token{Name: string(role), SHA256: hex.EncodeToString(sum[:]), Role: role})
	}
}

// follow asks for a link as a browser does, which has no token and comes from
// the page of a mail program.
func (c caller) follow(t *testing.T, method, link string, form url.Values, headers ...string) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, c.url+link, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if method == "POST" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	req.Host = req.Header.Get("Host")
	res, err := c.client.Transport.RoundTrip(req) // follows no redirection
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text), res.Header
}

func TestLinksOfMessagesAcknowledge(t *testing.T) {
	for name, change := range map[string]func(*Config){"open": nil, "tokens": withTokens} {
		t.Run(name, func(t *testing.T) {
			s, told := inTrouble(t, change)
			link := linkOf(next(t, told))
			mail := []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Host", "plimsoll.farm.example"}
			own := []string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "navigate", "Host", "plimsoll.farm.example"}

			for _, method := range []string{"GET", "HEAD", "GET"} {
				code, text, h := s.follow(t, method, link, nil, mail...)
				shown := strings.Contains(text, "I take care") && strings.Contains(text, "no &lt;space&gt; left") && strings.Contains(text, "<dt>ops</dt>")
				if code != http.StatusOK || shown != (method == "GET") || h.Get("Cache-Control") != "no-store" {
					t.Fatalf("%s: %d %v\n%s", method, code, h, text)
				}
			}
			if s.only(t).Ack != nil {
				t.Fatal("looking acknowledges")
			}
			if code, text, _ := s.follow(t, "POST", link, nil, mail...); code != http.StatusForbidden {
				t.Errorf("another site's form: %d %s", code, text)
			}
			if code, _, _ := s.follow(t, "GET", link, nil, "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"); code != http.StatusForbidden {
				t.Errorf("another site's picture: %d", code)
			}
			form := url.Values{"note": {"coming"}, "seen": {""}}
			for range 2 { // pressed twice
				code, text, h := s.follow(t, "POST", link, form, own...)
				if code != http.StatusSeeOther || "/ack/"+h.Get("Location") != link {
					t.Fatalf("%d %v %s", code, h, text)
				}
			}
			old := []string{"Origin", "http://plimsoll.farm.example"} // a browser that says no more, by a proxy with its own name for us
			if code, text, _ := s.follow(t, "POST", link, form, old...); code != http.StatusSeeOther {
				t.Errorf("behind a proxy: %d %s", code, text)
			}
			a := s.only(t)
			if a.Ack == nil || a.Ack.By != "ops" || a.Ack.Note != "coming" {
				t.Errorf("acknowledged: %+v", a.Ack)
			}
			_, text := s.do("GET", alertings+"alert?id="+url.QueryEscape(a.ID), "", nil)
			if n := strings.Count(text, `"kind":"acknowledged"`); n != 1 || !strings.Contains(text, `"answered":`) {
				t.Errorf("%d acknowledgements: %s", n, text)
			}
			if _, text, _ := s.follow(t, "GET", link, nil, mail...); !strings.Contains(text, "You (ops) take care") || !strings.Contains(text, "coming") {
				t.Errorf("after it:\n%s", text)
			}

			s.says(t, "ok")
			if m := next(t, told); m.Event != notify.Recovery {
				t.Errorf("told of %+v", m)
			}
			code, text, _ := s.follow(t, "GET", link, nil, mail...)
			if code != http.StatusOK || !strings.Contains(text, "This trouble is over") || strings.Contains(text, "<form") || !strings.Contains(text, "<h1>backup</h1>") {
				t.Errorf("when it is over: %d\n%s", code, text)
			}
			s.says(t, "critical") // another trouble, of which this link says nothing
			again := next(t, told)
			if code, text, _ := s.follow(t, "POST", link, form, own...); code != http.StatusOK || !strings.Contains(text, "This trouble is over") || s.only(t).Ack != nil {
				t.Errorf("an old link: %d %+v\n%s", code, s.only(t).Ack, text)
			}
			if linkOf(again) == link {
				t.Error("two troubles have one link")
			}
		})
	}
}

func TestLinksThatWereNotMadeHere(t *testing.T) {
	s, told := inTrouble(t, withTokens)
	link := linkOf(next(t, told))
	body, mac, _ := strings.Cut(link, ".")
	codes := map[int]int{}
	for _, bad := range []string{
		link[:len(link)-2], body, body + ".", body + "." + strings.Repeat("A", len(mac)), link + "A", strings.Replace(link, "/ack/e", "/ack/f", 1),
		"/ack/x", "/ack/" + strings.Repeat("A", 5000), body + "A." + mac, link + "%2F", link + "=", "/ack/%00",
	} {
		for _, method := range []string{"GET", "POST"} {
			code, text, _ := s.follow(t, method, bad, nil)
			codes[code]++
			if strings.Contains(text, "backup") || code == http.StatusTooManyRequests && !strings.Contains(text, "minute") {
				t.Errorf("%s %s: %d %s", method, bad, code, text)
			}
		}
	}
	if codes[http.StatusNotFound] < 10 || codes[http.StatusNotFound]+codes[http.StatusTooManyRequests] != 24 || codes[http.StatusTooManyRequests] == 0 {
		t.Errorf("answers: %v", codes)
	}
	if s.only(t).Ack != nil {
		t.Error("acknowledged")
	}
	if code, _, _ := s.follow(t, "POST", link, nil, "Sec-Fetch-Site", "same-origin"); code != http.StatusSeeOther || s.only(t).Ack == nil {
		t.Errorf("guesses keep a reader from taking care: %d", code)
	}
}
