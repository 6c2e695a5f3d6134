package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// echoing is a service that answers all with one text and keeps what it is asked.
func echoing(t *testing.T, answer string) (address string, asked *[]string) {
	t.Helper()
	asked = &[]string{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		uri, _ := url.QueryUnescape(r.URL.RequestURI())
		*asked = append(*asked, strings.TrimSpace(r.Method+" "+uri+" "+string(body)))
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(s.Close)
	return s.URL, asked
}

// here is how an instant is shown on this machine.
func here(text string) string {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return clock(at)
}

func TestAlertsArePrintedWorstFirst(t *testing.T) {
	const since, until = "2026-11-20T10:00:00Z", "2026-11-20T14:00:00Z"
	address := answering(t, map[string]string{"/api/plimsoll/v1/alerts?": fmt.Sprintf(`{"alerts":[
		{"id":"check/ok","state":"ok","hard":true,"since":%[1]q,"summary":"200"},
		{"id":"rule/Disk/1","state":"warning","hard":true,"since":%[1]q,"labels":{"instance":"db1"},"summary":"91 %% full","episode":3,"told":["ops"],
		 "holds":[{"kind":"silence","text":"kernel (ada)","until":%[2]q},{"kind":"dependency","text":"switch is down"}]},
		{"id":"check/web","state":"critical","hard":true,"since":%[1]q,"labels":{"host":"web1"},"summary":"refused","episode":4,"told":["boss","ops"],"ack":{"by":"ada","note":"on it","until":%[2]q}},
		{"id":"check/new","state":"critical","hard":false,"flapping":true,"since":%[1]q,"summary":"timed\u001bout"}]}`, since, until)})
	out, errs, code := cli("alerts", "-server", address)
	if code != exitGood {
		t.Fatal(code, errs)
	}
	var got []string
	for line := range strings.Lines(out) {
		got = append(got, strings.Join(strings.Fields(line), " "))
	}
	want := []string{
		"STATE SINCE ALERT ON WHO KNOWS WHAT",
		"critical " + here(since) + " check/web web1 ada takes care until " + here(until) + " (on it) refused",
		"critical? flapping " + here(since) + ` check/new - - timed\x1bout`,
		"warning " + here(since) + " rule/Disk/1 db1 told ops; held: silence: kernel (ada) until " + here(until) + "; held: dependency: switch is down 91 % full",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if out, _, _ := cli("alerts", "-all", "-server", address); !strings.Contains(out, "check/ok") {
		t.Error(out)
	}
	if out, _, _ := cli("alerts", "-json", "-server", address); !json.Valid([]byte(out)) || !strings.Contains(out, "check/ok") {
		t.Error(out)
	}
}

func TestOneAlertIsShown(t *testing.T) {
	const at = "2026-11-20T10:00:00Z"
	address := answering(t, map[string]string{"/api/plimsoll/v1/alerting/alert?id=check%2Fweb": fmt.Sprintf(`{
		"alert":{"id":"check/web","state":"critical","hard":true,"since":%[1]q,"summary":"refused","target":"web1:80","labels":{"b":"2","a":"1"},"told":["ops"]},
		"runbook":"restart it",
		"messages":[{"contact":"ops","route":"email","event":"problem","update":"reminder","status":"sent","queued":%[1]q,"sent":%[1]q,"answered":%[1]q},
		            {"contact":"boss","route":"sms","event":"problem","status":"failed","queued":%[1]q,"error":"no such number"}],
		"episodes":[{"began":%[1]q,"severity":"critical","acked_by":"ada","acted":"restarted"}],
		"history":[{"at":%[1]q,"kind":"acknowledged","to":"critical","contact":"ops","summary":"on it"}]}`, at)})
	out, errs, code := cli("alerts", "show", "check/web", "-server", address)
	if code != exitGood {
		t.Fatal(code, errs)
	}
	hereExactly := here(at) + ":00"
	flat := strings.Join(strings.Fields(out), " ")
	for _, want := range []string{
		"state critical since " + hereExactly, "target web1:80", "label a = 1 label b = 2", "what to do restart it",
		"ops email problem reminder sent " + hereExactly + ", answered " + hereExactly, "boss sms problem failed: no such number",
		"to - critical ada restarted", "acknowledged critical ops on it",
	} {
		if !strings.Contains(flat, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if _, errs, code := cli("alerts", "show", "gone", "-server", address); code != exitFailed || !strings.Contains(errs, "404") {
		t.Error(code, errs)
	}
}

func TestWhatPeopleDoIsSent(t *testing.T) {
	made := `{"alerts":["a"],"silence":{"id":3,"kind":"silence","windows":[],"alerts":[{"id":"check/web","summary":"refused"}]},"override":{"id":4,"rota":"web","contact":"bob"}}`
	local := time.Date(2026, 12, 24, 12, 0, 0, 0, time.Local).Format(time.RFC3339)
	for _, c := range []struct{ args, want string }{
		{"ack|check/web|-note|on it|-for|2h|-sticky", `POST /api/plimsoll/v1/alerting/ack? {"by":"ada","for":"2h","ids":["check/web"],"match":"","note":"on it","sticky":true}`},
		{`ack|-match|a="b"`, `POST /api/plimsoll/v1/alerting/ack? {"by":"ada","for":"","ids":null,"match":"a=\"b\"","note":"","sticky":false}`},
		{"unack|a|b", "DELETE /api/plimsoll/v1/alerting/ack?by=ada&id=a&id=b"},
		{`unack|-match|a="b"`, `DELETE /api/plimsoll/v1/alerting/ack?by=ada&match=a="b"`},
		{
			`silence add|-match|a="b"|-for|2h|-note|n|-dry-run`,
			`POST /api/plimsoll/v1/alerting/silences? {"match":"a=\"b\"","all":false,"from":"","until":"","for":"2h","by":"ada","note":"n","dry_run":true}`,
		},
		{"silence end|3", "DELETE /api/plimsoll/v1/alerting/silences?by=ada&id=3"},
		{
			`downtime add|-all|-from|2026-12-24 12:00|-for|1d|-flexible|30m`,
			`POST /api/plimsoll/v1/alerting/downtimes? {"match":"","all":true,"from":"` + local + `","until":"","for":"1d","by":"ada","note":"","dry_run":false,"flexible":"30m"}`,
		},
		{
			`downtime add|-all|-until|2026-12-24 12:00|-times|Sun 02:00-04:00|-times|Sat|-timezone|Europe/London`,
			`POST /api/plimsoll/v1/alerting/downtimes? {"match":"","all":true,"from":"","until":"2026-12-24 12:00","for":"","by":"ada","note":"","dry_run":false,"times":["Sun 02:00-04:00","Sat"],"timezone":"Europe/London"}`,
		},
		{"downtime end|3", "DELETE /api/plimsoll/v1/alerting/downtimes?by=ada&id=3"},
		{"oncall|override|web|bob|-for|4h|-note|ill", `POST /api/plimsoll/v1/alerting/overrides? {"by":"ada","contact":"bob","for":"4h","note":"ill","rota":"web"}`},
		{"oncall|override|web|bob|-until|2026-12-24 12:00", `POST /api/plimsoll/v1/alerting/overrides? {"by":"ada","contact":"bob","for":"","note":"","rota":"web","until":"` + local + `"}`},
		{"oncall|end|4", "DELETE /api/plimsoll/v1/alerting/overrides?by=ada&id=4"},
	} {
		address, asked := echoing(t, made)
		words, rest, _ := strings.Cut(c.args, "|")
		args := append(strings.Fields(words), "-server", address, "-by", "ada")
		_, errs, code := cli(append(args, strings.Split(rest, "|")...)...)
		if code != exitGood {
			t.Errorf("%s: exit %d: %s", c.args, code, errs)
		}
		if diff := cmp.Diff([]string{c.want}, *asked); diff != "" {
			t.Errorf("%s:\n%s", c.args, diff)
		}
	}
}

func TestHoldsAndRotasArePrinted(t *testing.T) {
	const from, until = "2026-11-22T02:00:00Z", "2026-11-22T04:00:00Z"
	window := fmt.Sprintf(`{"from":%q,"until":%q}`, from, until)
	hold := `{"id":3,"kind":"downtime","match":"a=\"b\"","by":"ada","note":"new disks","flexible":"30m0s","active":true,"windows":[` + window + `],"alerts":[{"id":"check/web","summary":"refused"}]}`
	address := answering(t, map[string]string{
		alertingPath + "downtimes?": `{"downtimes":[` + hold + `,{"name":"nightly","kind":"downtime","all":true,"by":"configuration","windows":[],"alerts":[]}]}`,
		alertingPath + "oncall?": `{"rotas":[{"rota":"web","contact":"ada","shifts":[{"contact":"ada","override":true,` + window[1:] + `]}],
			"overrides":[{"id":4,"rota":"web","contact":"ada","note":"ill",` + window[1:] + `]}`,
	})
	span := here(from) + " to " + here(until)
	for args, want := range map[string]string{
		"downtime ls": "ID NOW NEXT ALERTS PICKS BY NOTE 3 active " + span + ` 1 a="b" ada new disks nightly - - 0 everything configuration -`,
		"oncall":      "web ada ada from " + span + " override override 4 ada takes web from " + span + " ill",
	} {
		out, errs, code := cli(append(strings.Fields(args), "-server", address)...)
		if diff := cmp.Diff(want, strings.Join(strings.Fields(out), " ")); diff != "" || code != exitGood {
			t.Errorf("%s: exit %d %s\n%s", args, code, errs, diff)
		}
	}
	address, _ = echoing(t, `{"downtime":`+hold+`}`)
	out, _, _ := cli("downtime", "add", "-all", "-for", "1h", "-server", address)
	want := "downtime 3\n  from " + span + "\n  for 30m0s from the first trouble on\n  alerts that it picks now: 1\n    check/web  refused\n"
	if diff := cmp.Diff(want, out); diff != "" {
		t.Error(diff)
	}
}

// Of many alerts some may fail: the exit code says so.
func TestWhatCouldNotBeAcknowledged(t *testing.T) {
	address, _ := echoing(t, `{"alerts":["a"],"failed":[{"id":"b","error":"\"b\": there is no such open alert"}]}`)
	out, errs, code := cli("ack", "a", "b", "-server", address)
	if code != exitFailed || out != "acknowledged: a\n" || !strings.Contains(errs, "no such open alert") {
		t.Error(code, out, errs)
	}
}

func TestWrongUseOfAlerts(t *testing.T) {
	for _, args := range []string{
		"alerts|check/web", "alerts|show", "ack", "ack|a|-match|b", "unack", "silence|add|-for|2h", `silence|add|-match|a="b"|-all`, "silence|add|-all|extra",
		"silence|add|-all|-from|tomorrow", "silence|end", "silence|end|nightly", "silence|ls|x", "silence|flexible", "silence|add|-all|-flexible|1h",
		"oncall|override|web", "oncall|override|web|bob", "oncall|override|web|bob|-for|1h|-until|2026-12-24 12:00", "oncall|override|web|bob|-until|noon", "oncall|who", "oncall|end|x",
	} {
		if out, errs, code := cli(strings.Split(args, "|")...); code != exitWrongUse {
			t.Errorf("%s: exit %d: %s%s", args, code, out, errs)
		}
	}
}
