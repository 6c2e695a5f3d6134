package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

func queryCommand() command {
	return command{
		name: "query", args: "[flags] 'PROMQL'", about: "ask a PromQL question",
		examples: []string{
			"plimsoll query up",
			"plimsoll query 'rate(page_view_total[5m])'",
			"plimsoll query -range 1h -step 1m 'db_query_seconds{quantile=\"0.95\"}'",
			"plimsoll query -json 'sum by (mode) (rate(node_cpu_seconds_total[1m]))' | jq .",
		},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			q := &queryFlags{}
			q.server.flags(f)
			f.DurationVar(&q.span, "range", 0, "ask about the last `DURATION` instead of now")
			f.DurationVar(&q.step, "step", 10*time.Second, "with -range: the distance of the points")
			f.BoolVar(&q.json, "json", false, "print the service's answer as it came")
			return q.run
		},
	}
}

type queryFlags struct {
	server     server
	span, step time.Duration
	json       bool
}

func (q *queryFlags) run(e env, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("%w: one query wanted, %d given (quote it)", errUsage, len(args))
	}
	if q.span < 0 || q.step <= 0 {
		return fmt.Errorf("%w: -range %s with -step %s: want durations above zero", errUsage, q.span, q.step)
	}
	path, form := "/api/v1/query", url.Values{"query": {args[0]}}
	if q.span > 0 {
		now := time.Now()
		path = "/api/v1/query_range"
		form.Set("start", unix(now.Add(-q.span)))
		form.Set("end", unix(now))
		form.Set("step", strconv.FormatFloat(q.step.Seconds(), 'f', -1, 64))
	}
	body, err := q.server.post(e.ctx, path, form)
	if err != nil {
		return err
	}
	if q.json {
		fmt.Fprintln(e.stdout, strings.TrimSpace(string(body)))
		return nil
	}
	return printAnswer(e, body)
}

func unix(t time.Time) string { return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', 3, 64) }

// answer is Prometheus' answer to a query.
type answer struct {
	Warnings []string
	Infos    []string
	Data     struct {
		ResultType string
		Result     json.RawMessage
	}
}

type answerSeries struct {
	Metric map[string]string
	Value  []any
	Values [][]any
}

func printAnswer(e env, body []byte) error {
	var a answer
	if err := json.Unmarshal(body, &a); err != nil {
		return fmt.Errorf("answer is no JSON: %w", err)
	}
	for _, w := range a.Warnings {
		fmt.Fprintln(e.stderr, "warning:", w)
	}
	for _, i := range a.Infos {
		fmt.Fprintln(e.stderr, "info:", i)
	}
	if a.Data.ResultType == "scalar" || a.Data.ResultType == "string" {
		var pair []any
		if err := json.Unmarshal(a.Data.Result, &pair); err != nil || len(pair) != 2 {
			return fmt.Errorf("answer %s is no %s", a.Data.Result, a.Data.ResultType)
		}
		fmt.Fprintln(e.stdout, pair[1])
		return nil
	}
	var series []answerSeries
	if err := json.Unmarshal(a.Data.Result, &series); err != nil {
		return fmt.Errorf("answer is no %s: %w", a.Data.ResultType, err)
	}
	if len(series) == 0 {
		fmt.Fprintln(e.stderr, "no series match")
	}
	w := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	for _, s := range series {
		s.print(w)
	}
	return w.Flush()
}

func (s answerSeries) print(w io.Writer) {
	name := seriesName(s.Metric)
	if len(s.Value) == 2 {
		fmt.Fprintf(w, "%s\t%v\n", name, s.Value[1])
	}
	for _, v := range s.Values {
		if at, is := v[0].(float64); is && len(v) == 2 {
			t := time.UnixMilli(int64(at * 1000)).UTC().Format("2006-01-02T15:04:05Z")
			fmt.Fprintf(w, "%s\t%s\t%v\n", name, t, v[1])
		}
	}
}

// seriesName writes a label set as PromQL does.
func seriesName(metric map[string]string) string {
	var pairs []string
	for k, v := range metric {
		if k != "__name__" {
			pairs = append(pairs, fmt.Sprintf("%s=%q", k, v))
		}
	}
	sort.Strings(pairs)
	return metric["__name__"] + "{" + strings.Join(pairs, ", ") + "}"
}
