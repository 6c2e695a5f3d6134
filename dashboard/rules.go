package dashboard

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"time"

	"plimsoll/internal/metric"
)

// engineVersion is the version of Prometheus whose query engine and API this
// is; Grafana looks at it to know what it may ask. A test holds it to go.mod.
const engineVersion = "3.15.0"

// ruleGroup, rule and alert are as Prometheus writes them
// (prometheus/prometheus:web/api/v1/api.go, RuleGroup, AlertingRule, Alert).
type ruleGroup struct {
	Name           string    `json:"name"`
	File           string    `json:"file"`
	Rules          []rule    `json:"rules"`
	Interval       float64   `json:"interval"`
	Limit          int       `json:"limit"`
	EvaluationTime float64   `json:"evaluationTime"`
	LastEvaluation time.Time `json:"lastEvaluation"`
}

type rule struct {
	State          string            `json:"state"`
	Name           string            `json:"name"`
	Query          string            `json:"query"`
	Duration       float64           `json:"duration"`
	KeepFiringFor  float64           `json:"keepFiringFor"`
	Labels         map[string]string `json:"labels"`
	Annotations    map[string]string `json:"annotations"`
	Alerts         []alert           `json:"alerts"`
	Health         string            `json:"health"`
	LastError      string            `json:"lastError,omitempty"`
	EvaluationTime float64           `json:"evaluationTime"`
	LastEvaluation time.Time         `json:"lastEvaluation"`
	Type           string            `json:"type"`
}

type alert struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	State       string            `json:"state"`
	ActiveAt    time.Time         `json:"activeAt"`
	Value       string            `json:"value"`
}

// rules lists the configured rules, one group for each class.
func (s *Server) rules(_ context.Context, p params, _ *http.Request) (answer, error) {
	groups := []ruleGroup{}
	switch kind := p.Get("type"); kind {
	case "", "alert":
		groups = ruleGroups(s.cfg.Alerting.Rules(), s.cfg.Alerting.Alerts())
	case "record": // there are no recording rules
	default:
		return answer{}, badData(invalid("type", fmt.Errorf("not supported value %q", kind)))
	}
	return answer{data: encode(map[string]any{"groups": groups})}, nil
}

func ruleGroups(infos []metric.RuleInfo, alerts []metric.Alert) []ruleGroup {
	groups := []ruleGroup{}
	for _, info := range infos {
		name := string(info.Class)
		i := slices.IndexFunc(groups, func(g ruleGroup) bool { return g.Name == name })
		if i < 0 {
			i = len(groups)
			groups = append(groups, ruleGroup{Name: name, Rules: []rule{}})
		}
		g, r := &groups[i], toRule(info, alerts)
		g.Rules = append(g.Rules, r)
		g.EvaluationTime += r.EvaluationTime
		if r.LastEvaluation.After(g.LastEvaluation) {
			g.LastEvaluation = r.LastEvaluation
		}
	}
	return groups
}

func toRule(info metric.RuleInfo, alerts []metric.Alert) rule {
	r := rule{
		State: "inactive", Name: info.Name, Query: info.Expr, Duration: info.For.Seconds(),
		Labels:      map[string]string{"severity": string(info.Severity)},
		Annotations: info.Annotations, Alerts: []alert{},
		Health: "ok", LastError: info.LastError,
		EvaluationTime: info.EvalTime.Seconds(), LastEvaluation: info.LastEval, Type: "alerting",
	}
	switch {
	case info.LastError != "":
		r.Health = "err"
	case info.LastEval.IsZero():
		r.Health = "unknown"
	}
	if r.Annotations == nil {
		r.Annotations = map[string]string{}
	}
	for _, a := range alerts {
		if a.Name != info.Name || a.Expr == "" || a.State == metric.OK {
			continue
		}
		active := toAlert(a)
		r.Alerts = append(r.Alerts, active)
		if r.State != "firing" {
			r.State = active.State
		}
	}
	return r
}

// promAlerts lists what is not ok, checks and rules alike.
func (s *Server) promAlerts(context.Context, params, *http.Request) (answer, error) {
	alerts := []alert{}
	for _, a := range s.cfg.Alerting.Alerts() {
		if a.State != metric.OK {
			alerts = append(alerts, toAlert(a))
		}
	}
	return answer{data: encode(map[string]any{"alerts": alerts})}, nil
}

// toAlert writes a as Prometheus does: pending while soft, firing once hard.
func toAlert(a metric.Alert) alert {
	out := alert{
		Labels:      map[string]string{"alertname": a.Name, "severity": string(a.Severity)},
		Annotations: map[string]string{"summary": a.Summary},
		State:       "pending",
		ActiveAt:    a.Since,
	}
	for name, value := range a.Labels {
		if _, taken := out.Labels[name]; !taken {
			out.Labels[name] = value
		}
	}
	if a.Hard {
		out.State = "firing"
	}
	if a.Value == nil {
		out.Value = "NaN" // a check has none, and clients want a number
	} else {
		out.Value = strconv.FormatFloat(*a.Value, 'e', -1, 64)
	}
	return out
}

func (s *Server) buildInfo(context.Context, params, *http.Request) (answer, error) {
	return answer{data: encode(map[string]string{
		"version": engineVersion, "revision": s.cfg.Version, "branch": "",
		"buildUser": "plimsoll", "buildDate": "", "goVersion": runtime.Version(),
	})}, nil
}
