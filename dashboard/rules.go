package dashboard

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
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

// rule is an alerting rule, with alerting, or a recording rule.
type rule struct {
	*alerting
	Name           string            `json:"name"`
	Query          string            `json:"query"`
	Labels         map[string]string `json:"labels"`
	Health         string            `json:"health"`
	LastError      string            `json:"lastError,omitempty"`
	EvaluationTime float64           `json:"evaluationTime"`
	LastEvaluation time.Time         `json:"lastEvaluation"`
	Type           string            `json:"type"`
}

type alerting struct {
	State         string            `json:"state"`
	Duration      float64           `json:"duration"`
	KeepFiringFor float64           `json:"keepFiringFor"`
	Annotations   map[string]string `json:"annotations"`
	Alerts        []alert           `json:"alerts"`
}

type alert struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	State       string            `json:"state"`
	ActiveAt    time.Time         `json:"activeAt"`
	Value       string            `json:"value"`
}

// rules lists the groups of the rule files, and our own rules as one group for
// each class.
func (s *Server) rules(_ context.Context, p params, _ *http.Request) (answer, error) {
	kind := p.Get("type")
	if kind != "" && kind != "alert" && kind != "record" {
		return answer{}, badData(invalid("type", fmt.Errorf("not supported value %q", kind)))
	}
	infos := slices.DeleteFunc(slices.Clone(s.cfg.Alerting.Rules()), func(i metric.RuleInfo) bool {
		return kind == "alert" && i.Recording || kind == "record" && !i.Recording ||
			left(p, "rule_name[]", i.Name) || left(p, "rule_group[]", groupName(i)) || left(p, "file[]", i.File)
	})
	alerts := s.cfg.Alerting.Alerts()
	if p.Get("exclude_alerts") == "true" {
		alerts = nil
	}
	return answer{data: encode(map[string]any{"groups": ruleGroups(infos, alerts)})}, nil
}

// left reports whether a parameter names others.
func left(p params, key, name string) bool {
	return len(p.Values[key]) > 0 && !slices.Contains(p.Values[key], name)
}

func groupName(i metric.RuleInfo) string {
	if i.File == "" {
		return string(i.Class)
	}
	return i.Group
}

func ruleGroups(infos []metric.RuleInfo, alerts []metric.Alert) []ruleGroup {
	groups := []ruleGroup{}
	for _, info := range infos {
		name := groupName(info)
		i := slices.IndexFunc(groups, func(g ruleGroup) bool { return g.Name == name && g.File == info.File })
		if i < 0 {
			i = len(groups)
			groups = append(groups, ruleGroup{Name: name, File: info.File, Limit: info.Limit, Interval: info.Interval.Seconds(), Rules: []rule{}})
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
		Name: info.Name, Query: info.Expr, Labels: maps.Clone(info.Labels), Health: "ok", LastError: info.LastError,
		EvaluationTime: info.EvalTime.Seconds(), LastEvaluation: info.LastEval, Type: "recording",
	}
	switch {
	case info.LastError != "":
		r.Health = "err"
	case info.LastEval.IsZero():
		r.Health = "unknown"
	}
	if r.Labels == nil {
		r.Labels = map[string]string{}
	}
	if !info.Recording {
		r.Type, r.alerting = "alerting", toAlerting(info, alerts)
		if info.File == "" {
			r.Labels["severity"] = string(info.Severity)
		}
	}
	return r
}

func toAlerting(info metric.RuleInfo, alerts []metric.Alert) *alerting {
	r := &alerting{
		State: "inactive", Duration: info.For.Seconds(), KeepFiringFor: info.KeepFiring.Seconds(),
		Annotations: info.Annotations, Alerts: []alert{},
	}
	if r.Annotations == nil {
		r.Annotations = map[string]string{}
	}
	for _, a := range alerts {
		if !strings.HasPrefix(a.ID, info.ID+"/") || a.State == metric.OK {
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
		if _, taken := out.Labels[name]; !taken || a.Group != "" && name != "alertname" {
			out.Labels[name] = value
		}
	}
	if a.Annotations != nil {
		out.Annotations = a.Annotations
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
