package timeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/alerting/check"
	"plimsoll/alerting/hold"
	"plimsoll/alerting/notify"
	"plimsoll/internal/metric"
	"plimsoll/internal/query"
)

// command is a kind of line.
type command struct {
	usage string // what follows its name
	parse func(args []string) (act, error)
}

func commands() map[string]command {
	return map[string]command{
		"set":      {"SERIES VALUE", parseSet},
		"drop":     {"SERIES", parseDrop},
		"check":    {`NAME… up|down|warning|unknown ["TEXT"]`, parseCheck},
		"checks":   {"up|down", parseChecks},
		"store":    {"up|down", parseStore},
		"host":     {"NAME up|silent|retired", parseHost},
		"contact":  {"NAME up|down|refuses", parseContact},
		"report":   {"NAME[@HOST] ok|warning|critical|unknown", parseReport},
		"silence":  {"MATCHERS FOR", func(args []string) (act, error) { return parseHold(hold.Silence, args) }},
		"downtime": {"MATCHERS FOR [FLEXIBLE]", func(args []string) (act, error) { return parseHold(hold.Downtime, args) }},
		"end":      {"", parseEnd},
		"ack":      {"NAME BY [FOR] [sticky]", parseAck},
		"unack":    {"NAME BY", parseUnack},
		"override": {"ROTA CONTACT FOR", parseOverride},
		"remove":   {"NAME", parseRemove},
		"restart":  {"", parseRestart},
	}
}

// errUsage is of a line with too few or too many words, or one that is none of
// those that may stand there.
var errUsage = errors.New("usage")

// parseCommand reads what stands behind the time.
func parseCommand(text string) (act, error) {
	name, rest := cut(text)
	if name == "expect" {
		return parseExpect(rest)
	}
	c, is := commands()[name]
	if !is {
		return nil, fmt.Errorf("there is no command %q", name)
	}
	args, err := words(rest)
	if err != nil {
		return nil, err
	}
	do, err := c.parse(args)
	if errors.Is(err, errUsage) {
		return nil, fmt.Errorf("want: %s", strings.TrimSpace(name+" "+c.usage))
	}
	return do, err
}

// changing is what changes the world and nothing else.
func changing(f func(*world)) (act, error) {
	return func(_ context.Context, r *run) error {
		r.world.change(f)
		return nil
	}, nil
}

func parseSeries(text string) (labels.Labels, error) {
	lbls, err := query.NewParser().ParseMetric(text)
	if err != nil {
		return lbls, fmt.Errorf("series %q: %w", text, err)
	}
	return lbls, nil
}

func parseSet(args []string) (act, error) {
	if len(args) != 2 {
		return nil, errUsage
	}
	lbls, err := parseSeries(args[0])
	if err != nil {
		return nil, err
	}
	v, err := strconv.ParseFloat(args[1], 64)
	if err != nil {
		return nil, fmt.Errorf("%q is no number", args[1])
	}
	return func(_ context.Context, r *run) error { r.world.set(lbls, v); return nil }, nil
}

func parseDrop(args []string) (act, error) {
	if len(args) != 1 {
		return nil, errUsage
	}
	lbls, err := parseSeries(args[0])
	return func(_ context.Context, r *run) error { r.world.drop(lbls); return nil }, err
}

// resultOf is what a look finds of a service that is up, down, ….
func resultOf(word, text string) check.Result {
	r := map[string]check.Result{
		"up":      {State: metric.OK, Summary: "answers"},
		"down":    {State: metric.Critical, Summary: "does not answer"},
		"warning": {State: metric.Warning, Summary: "a limit is passed"},
		"unknown": {State: metric.Unknown, Summary: "cannot tell"},
	}[word]
	if text != "" {
		r.Summary = text
	}
	return r
}

func parseCheck(args []string) (act, error) {
	i := slices.IndexFunc(args, func(s string) bool { return resultOf(s, "").State != "" })
	if i < 1 || len(args) > i+2 {
		return nil, errUsage
	}
	names, found := args[:i], resultOf(args[i], strings.Join(args[i+1:], ""))
	return func(_ context.Context, r *run) error {
		for _, name := range names {
			if !slices.ContainsFunc(r.config.Checks, func(c check.Config) bool { return c.Name == name }) {
				return fmt.Errorf("there is no check %q", name)
			}
			r.world.change(func(w *world) { w.checks[name] = found })
		}
		return nil
	}, nil
}

// isDown reads up or down.
func isDown(args []string) (bool, error) {
	if len(args) != 1 || args[0] != "up" && args[0] != "down" {
		return false, errUsage
	}
	return args[0] == "down", nil
}

func parseChecks(args []string) (act, error) {
	down, err := isDown(args)
	if err != nil {
		return nil, err
	}
	return changing(func(w *world) {
		clear(w.checks)
		if w.outage = nil; down {
			r := resultOf("down", "")
			w.outage = &r
		}
	})
}

func parseStore(args []string) (act, error) {
	down, err := isDown(args)
	if err != nil {
		return nil, err
	}
	return changing(func(w *world) { w.broken = down })
}

func parseHost(args []string) (act, error) {
	if len(args) != 2 || !slices.Contains([]string{"up", "silent", "retired"}, args[1]) {
		return nil, errUsage
	}
	return changing(func(w *world) {
		if w.hosts[args[0]] = args[1] == "up"; args[1] == "retired" {
			delete(w.hosts, args[0])
		}
	})
}

func parseContact(args []string) (act, error) {
	ways := map[string]error{"up": nil, "down": errNoAnswer, "refuses": notify.ErrFinal}
	if len(args) != 2 {
		return nil, errUsage
	}
	way, is := ways[args[1]]
	if !is {
		return nil, errUsage
	}
	return func(_ context.Context, r *run) error {
		if !slices.ContainsFunc(r.config.Contacts, func(c notify.Contact) bool { return c.Name == args[0] }) {
			return fmt.Errorf("there is no contact %q", args[0])
		}
		r.world.change(func(w *world) { w.away[args[0]] = way })
		return nil
	}, nil
}

func parseReport(args []string) (act, error) {
	if len(args) != 2 {
		return nil, errUsage
	}
	name, host, _ := strings.Cut(args[0], "@")
	result := metric.CheckResult{Name: name, Host: host, State: metric.Severity(args[1])}
	return func(ctx context.Context, r *run) error { return r.PutCheck(ctx, result) }, nil
}
