package notify

import (
	"encoding/json"
	"maps"
	"time"

	"github.com/prometheus/common/model"
)

// amAlert is an alert as Alertmanager's API takes it (POST /api/v2/alerts,
// github.com/prometheus/alertmanager: api/v2/openapi.yaml, postableAlert).
type amAlert struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    time.Time         `json:"startsAt"`
	// EndsAt lies ahead while the alert is active: without another post until
	// then, it is over.
	EndsAt       time.Time `json:"endsAt,omitzero"`
	GeneratorURL string    `json:"generatorURL,omitempty"`
}

// alertOf says what n tells in Alertmanager's words. Problem and end have the
// same labels, which are the identity of an alert there.
func alertOf(n note) amAlert {
	labels := map[string]string{}
	maps.Copy(labels, n.Labels)
	labels["alertname"], labels["severity"], labels["class"] = n.Name, string(n.Severity), string(n.Class)
	if n.Target != "" {
		labels["target"] = n.Target
	}
	a := amAlert{
		Labels: labels, Annotations: map[string]string{"summary": n.Summary, "description": n.text},
		StartsAt: n.Since.UTC(), GeneratorURL: n.URL,
	}
	if n.Runbook != "" {
		a.Annotations["runbook"] = n.Runbook
	}
	if n.Event != Problem {
		a.EndsAt = notBefore(n.Since, n.At)
	}
	return a
}

// notBefore keeps the end behind the begin where a clock was set back: an alert
// that ends before is refused.
func notBefore(begin, end time.Time) time.Time {
	if end.Before(begin) {
		end = begin
	}
	return end.UTC()
}

// amGroup is what Alertmanager's own webhook posts, in version 4
// (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config).
type amGroup struct {
	Version           string            `json:"version"`
	GroupKey          string            `json:"groupKey"`
	TruncatedAlerts   int               `json:"truncatedAlerts"`
	Status            string            `json:"status"`
	Receiver          string            `json:"receiver"`
	GroupLabels       map[string]string `json:"groupLabels"`
	CommonLabels      map[string]string `json:"commonLabels"`
	CommonAnnotations map[string]string `json:"commonAnnotations"`
	ExternalURL       string            `json:"externalURL"`
	Alerts            []amGrouped       `json:"alerts"`
}

type amGrouped struct {
	Status       string            `json:"status"`
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"` // the year 1 while it fires
	GeneratorURL string            `json:"generatorURL"`
	Fingerprint  string            `json:"fingerprint"`
}

// groupOf returns a group of the one alert that n tells of.
func groupOf(n note, receiver string) amGroup {
	a := alertOf(n)
	status := "firing"
	if n.Event != Problem {
		status = "resolved"
	}
	set := model.LabelSet{}
	for k, v := range a.Labels {
		set[model.LabelName(k)] = model.LabelValue(v)
	}
	key, _ := json.Marshal(n.ID) // of a string: cannot fail
	return amGroup{
		Version: "4", GroupKey: "{}:{plimsoll=" + string(key) + "}", Status: status, Receiver: receiver,
		GroupLabels: map[string]string{"alertname": n.Name}, CommonLabels: a.Labels, CommonAnnotations: a.Annotations,
		ExternalURL: n.URL,
		Alerts: []amGrouped{{
			Status: status, Labels: a.Labels, Annotations: a.Annotations, StartsAt: a.StartsAt, EndsAt: a.EndsAt,
			GeneratorURL: a.GeneratorURL, Fingerprint: set.Fingerprint().String(),
		}},
	}
}
