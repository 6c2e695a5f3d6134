package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/url"

	"plimsoll/dashboard"
)

func removeCommand() command {
	return command{
		name: "archive rm", args: "[flags] SELECTOR", about: "remove series with all their files; without -yes list them",
		examples: []string{
			"plimsoll archive rm '{host=\"web3\"}'            # lists what would go",
			"plimsoll archive rm -yes '{host=\"web3\"}'",
			"plimsoll archive rm -retired -yes '{__name__=~\"tmp_.*\"}'",
		},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			r := &removeFlags{}
			r.flags(f)
			f.BoolVar(&r.yes, "yes", false, "remove them; nothing brings them back")
			f.BoolVar(&r.retired, "retired", false, "remove retired series; without it those that are not")
			return r.run
		},
	}
}

type removeFlags struct {
	archives
	yes, retired bool
}

var removeWork = work{http.MethodPost, "remove", func(s dashboard.Storage) dashboard.Work { return s.Remove }}

func (r *removeFlags) run(e env, args []string) error {
	if len(args) != 1 || args[0] == "" {
		return fmt.Errorf("%w: one selector wanted, %d given (quote it)", errUsage, len(args))
	}
	if !r.yes {
		list := &listFlags{archives: r.archives, retired: r.retired}
		if err := list.run(e, args); err != nil {
			return err
		}
		fmt.Fprintln(e.stdout, "Nothing was removed. With -yes these go, and all their history.")
		return nil
	}
	ask := url.Values{"match": args}
	if r.retired {
		ask.Set("retired", "true")
	}
	return r.countSeries(e, removeWork, ask, "removed")
}

// countSeries has work done and says of how many series.
func (a *archives) countSeries(e env, w work, ask url.Values, did string) error {
	result, err := a.do(e, w, ask, func(json.RawMessage) error { return nil })
	if err != nil {
		return err
	}
	var sum struct{ Series int }
	if err := json.Unmarshal(result, &sum); err != nil {
		return fmt.Errorf("answer is no sum: %w", err)
	}
	fmt.Fprintf(e.stdout, "%d series %s\n", sum.Series, did)
	return nil
}

var restoreWork = work{http.MethodPost, "restore", func(s dashboard.Storage) dashboard.Work { return s.Restore }}

func restoreCommand() command {
	return command{
		name: "archive restore", args: "[flags] [SELECTOR]", about: "bring retired series back, so that queries see them",
		examples: []string{"plimsoll archive restore '{host=\"web3\"}'    # until the next start, at the most"},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			a := &archives{}
			a.flags(f)
			return func(e env, args []string) error {
				match, err := oneSelector(args)
				if err != nil {
					return err
				}
				return a.countSeries(e, restoreWork, url.Values{"match": {match}}, "brought back")
			}
		},
	}
}

var verifyWork = work{http.MethodPost, "verify", func(s dashboard.Storage) dashboard.Work { return s.Verify }}

func verifyCommand() command {
	return command{
		name: "archive verify", args: "[flags] [SELECTOR]", about: "read archives and say which are not sound",
		examples: []string{
			"plimsoll archive verify                       # all, retired ones too",
			"plimsoll archive verify '{job=\"web\"}'",
		},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			a := &archives{}
			a.flags(f)
			return func(e env, args []string) error {
				match, err := oneSelector(args)
				if err != nil {
					return err
				}
				return a.verify(e, url.Values{"match": {match}})
			}
		},
	}
}

func (a *archives) verify(e env, ask url.Values) error {
	result, err := a.do(e, verifyWork, ask, func(line json.RawMessage) error {
		var bad struct{ File, Error string }
		if err := json.Unmarshal(line, &bad); err != nil {
			return fmt.Errorf("answer is no finding: %w", err)
		}
		_, err := fmt.Fprintf(e.stdout, "%s: %s\n", clean(bad.File), clean(bad.Error))
		return err
	})
	if err != nil {
		return err
	}
	var sum struct{ Files, Bytes, Bad, Differ int64 }
	if err := json.Unmarshal(result, &sum); err != nil {
		return fmt.Errorf("answer is no sum: %w", err)
	}
	if sum.Bad > 0 {
		return fmt.Errorf("%d of %d archives are not sound", sum.Bad, sum.Files)
	}
	fmt.Fprintf(e.stdout, "%d archives are sound, %s\n", sum.Files, bytesText(sum.Bytes))
	if sum.Differ > 0 {
		fmt.Fprintf(e.stdout, "in %d of them coarse rows are not what finer rows make\n", sum.Differ)
	}
	return nil
}
