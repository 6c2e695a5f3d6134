package timeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"plimsoll/internal/metric"
)

// parseExpect reads what stands behind expect.
func parseExpect(text string) (act, error) {
	args, err := words(text)
	switch {
	case err != nil:
		return nil, err
	case len(args) == 0:
		return nil, errors.New("want: expect nothing, messages, state or holds")
	case args[0] == "state":
		return parseExpectState(args[1:])
	case args[0] == "holds":
		return parseExpectHolds(args[1:])
	}
	var want []wanted
	if text != "nothing" {
		if want, err = parseWanted(text); err != nil {
			return nil, err
		}
	}
	return func(_ context.Context, r *run) error {
		if got := r.world.take(); !meets(want, got) {
			return differs(listed(want), listed(got))
		}
		return nil
	}, nil
}

func differs(want, got string) error {
	return fmt.Errorf("wanted: %s\n  got:    %s", cmp.Or(want, "nothing"), cmp.Or(got, "nothing"))
}

func parseExpectState(args []string) (act, error) {
	usage := errors.New("want: expect state NAME ok|info|warning|critical|unknown soft|hard [flapping], or expect state NAME gone")
	if len(args) < 2 {
		return nil, usage
	}
	name, want := args[0], strings.Join(args[1:], " ")
	valid := want == "gone" || len(args) >= 3 && len(args) <= 4 &&
		slices.Contains([]metric.Severity{metric.OK, metric.Info, metric.Warning, metric.Critical, metric.Unknown}, metric.Severity(args[1])) &&
		(args[2] == "soft" || args[2] == "hard") && (len(args) == 3 || args[3] == "flapping")
	if !valid {
		return nil, usage
	}
	return func(_ context.Context, r *run) error {
		a, err := r.alert(name)
		if err != nil {
			return err
		}
		if got := stateOf(a); got != want {
			return differs(want, got)
		}
		return nil
	}, nil
}

func stateOf(a metric.Alert) string {
	if a.ID == "" {
		return "gone"
	}
	text := string(a.State) + " soft"
	if a.Hard {
		text = string(a.State) + " hard"
	}
	if a.Flapping {
		text += " flapping"
	}
	return text
}

func parseExpectHolds(args []string) (act, error) {
	if len(args) == 0 {
		return nil, errors.New("want: expect holds NAME [KIND…]")
	}
	want := slices.Sorted(slices.Values(args[1:]))
	return func(_ context.Context, r *run) error {
		a, err := r.theAlert(args[0])
		if err != nil {
			return err
		}
		var got []string
		for _, h := range a.Holds {
			got = append(got, h.Kind)
		}
		if slices.Sort(got); !slices.Equal(want, got) {
			return differs(strings.Join(want, " "), strings.Join(got, " "))
		}
		return nil
	}, nil
}

// theAlert is alert, which must be there.
func (r *run) theAlert(name string) (metric.Alert, error) {
	a, err := r.alert(name)
	if err == nil && a.ID == "" {
		err = fmt.Errorf("there is no alert %q", name)
	}
	return a, err
}

// alert returns the one alert of a name, or of NAME@INSTANCE; none has no ID.
func (r *run) alert(name string) (found metric.Alert, err error) {
	var all []string
	for _, a := range r.Alerts() {
		if s := (subject{a.Name, instanceOf(a.Labels)}); s.is(name) {
			found, all = a, append(all, s.String())
		}
	}
	if len(all) > 1 {
		slices.Sort(all)
		return metric.Alert{}, fmt.Errorf("%q may be any of %s", name, strings.Join(all, ", "))
	}
	return found, nil
}
