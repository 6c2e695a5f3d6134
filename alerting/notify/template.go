package notify

import (
	"errors"
	"fmt"
	"strings"
	"text/template"
	"time"

	"plimsoll/internal/metric"
)

// Template is the wording of a contact's messages, in Go's text/template over
// Data. What is left out is the built-in wording.
type Template struct {
	Subject string `yaml:"subject"`
	Body    string `yaml:"body"`
}

// Data is what templates may use. Its fields are kept from version to version.
type Data struct {
	Event    string // problem, recovery, closed or info
	Name     string // of the check or rule
	ID       string // of the alert
	Class    string // up/down, resource or threshold
	State    string // ok for a recovery, unknown for closed
	Severity string // of the problem
	Summary  string
	Labels   map[string]string
	HasValue bool
	Value    float64
	Since    time.Time     // when the trouble began
	At       time.Time     // when this happened
	Duration time.Duration // from Since to At
	Target   string        // of a check
	Expr     string        // of a rule
	Runbook  string        // what to do
	Update   string        // why a problem is told again: worse, reminder, escalated, …; or empty
	Flapping bool          // it comes and goes
	AckURL   string        // where this reader can say that he takes care; or empty
	URL      string        // of the pages
	Subject  string        // the built-in wording
	Text     string
}

// note is a message in its words.
type note struct {
	Message
	subject, text string
}

// words are the parsed templates; nil ones stand for the built-in wording.
type words struct {
	subject, body *template.Template
	failed        func(error)
}

func (t Template) words(failed func(error)) words {
	w := words{failed: failed}
	w.subject, _ = parseTemplate("subject", t.Subject) // Validate has refused what does not parse
	w.body, _ = parseTemplate("body", t.Body)
	return w
}

func parseTemplate(name, text string) (*template.Template, error) {
	if text == "" {
		return nil, nil
	}
	return template.New(name).Option("missingkey=zero").Funcs(template.FuncMap{
		"upper": strings.ToUpper, "lower": strings.ToLower, "ago": ago,
	}).Parse(text)
}

// of puts a message into words. A template that fails must not keep it from its reader.
func (w words) of(m Message) note {
	n := note{m, m.Subject(), m.Text()}
	if len(m.Parts) > 0 {
		return w.ofFolded(n)
	}
	d := dataOf(n)
	for _, part := range []struct {
		from *template.Template
		to   *string
		tidy func(string) string
	}{{w.subject, &n.subject, oneLine}, {w.body, &n.text, strings.TrimSpace}} {
		if part.from == nil {
			continue
		}
		text, err := execute(part.from, d)
		if err == nil {
			*part.to = part.tidy(text)
		} else if w.failed != nil {
			w.failed(err)
		}
	}
	return n
}

// ofFolded puts each of the messages that were folded into its own words: the
// subject is that of the first, with how many more there are.
func (w words) ofFolded(n note) note {
	if w.subject != nil {
		n.subject = oneLine(fmt.Sprintf("%s (and %d more)", w.of(n.Parts[0]).subject, len(n.Parts)-1))
	}
	if w.body == nil {
		return n
	}
	texts := []string{n.Summary}
	for i, p := range n.Parts {
		if i == maxListed {
			texts = append(texts, fmt.Sprintf("and %d more", len(n.Parts)-maxListed))
			break
		}
		texts = append(texts, w.of(p).text)
	}
	n.text = strings.Join(texts, "\n\n")
	return n
}

func dataOf(n note) Data {
	d := Data{
		Event: string(n.Event), Name: n.Name, ID: n.ID, Class: string(n.Class), State: string(n.State),
		Severity: string(n.Severity), Summary: n.Summary, Labels: n.Labels, Since: n.Since, At: n.At,
		Duration: max(n.At.Sub(n.Since), 0), Target: n.Target, Expr: n.Expr, Runbook: n.Runbook,
		Update: n.Update, Flapping: n.Flapping, AckURL: n.AckURL, URL: n.URL, Subject: n.subject, Text: n.text,
	}
	if n.Value != nil {
		d.HasValue, d.Value = true, *n.Value
	}
	return d
}

var errNoWords = errors.New("the template writes nothing")

func execute(t *template.Template, d Data) (string, error) {
	var b bounded
	if err := t.Execute(&b, d); err != nil {
		return "", err
	}
	if strings.TrimSpace(b.String()) == "" {
		return "", errNoWords
	}
	return b.String(), nil
}

// maxTextBytes bounds what a template may write.
const maxTextBytes = 16 << 10

// bounded refuses more than maxTextBytes, which ends the execution.
type bounded struct{ strings.Builder }

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxTextBytes {
		return 0, fmt.Errorf("text is longer than %d bytes", maxTextBytes)
	}
	return b.Builder.Write(p)
}

// validate tries the templates on one message of each kind.
func (t Template) validate(bad complaint) {
	for key, text := range map[string]string{"template.subject": t.Subject, "template.body": t.Body} {
		parsed, err := parseTemplate(key, text)
		for _, m := range samples() {
			if err == nil && parsed != nil {
				_, err = execute(parsed, dataOf(note{m, m.Subject(), m.Text()}))
			}
		}
		if err != nil {
			bad(key, "%v", err)
		}
	}
}

// samples are messages as they may come: of a check, of a rule, begin and end.
func samples() []Message {
	since := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	value := 93.5
	down := Message{
		Version: 1, Delivery: "plimsoll.sample.1.problem", Event: Problem, ID: "check/web", Name: "web",
		Class: metric.UpDown, State: metric.Critical, Severity: metric.Critical, Summary: "connection refused",
		Since: since, At: since.Add(time.Minute), Target: "http://web1/", URL: "http://monitor/#/alerts",
	}
	up := down
	up.Event, up.State, up.Summary, up.At = Recovery, metric.OK, "HTTP 200 OK", since.Add(time.Hour)
	full := down
	full.ID, full.Name, full.Class, full.Severity, full.State = "rule/DiskFull/1", "DiskFull", metric.Resource, metric.Warning, metric.Warning
	full.Target, full.Expr, full.Value, full.Summary = "", "disk_used_percent > 90", &value, "disk is 93.5 % full"
	full.Labels = map[string]string{"instance": "web1", "mountpoint": "/"}
	again := down
	again.Delivery += ".1"
	again.Number, again.Update, again.Flapping, again.AckURL = 1, "reminder", true, "http://monitor/ack/sample"
	gone := full
	gone.Event, gone.State, gone.Value, gone.Summary = Closed, metric.Unknown, nil, "removed from the configuration"
	return []Message{down, up, full, gone, again}
}
