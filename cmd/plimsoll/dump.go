package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"

	"plimsoll/dashboard"
)

var (
	dumpWork   = work{http.MethodPost, "dump", func(s dashboard.Storage) dashboard.Work { return s.Dump }}
	undumpWork = work{http.MethodPost, "undump", func(s dashboard.Storage) dashboard.Work { return s.Undump }}
)

func dumpCommand() command {
	return command{
		name: "archive export", args: "[flags] [SELECTOR] > FILE", about: "write series with all their files as one portable, checksummed file",
		examples: []string{
			"plimsoll archive export '{host=\"web3\"}' > web3.tar.zst",
			"plimsoll archive export -o all.tar.zst",
			"tar --zstd -tf web3.tar.zst    # files are as rrdtool dump writes them",
		},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			a := &archives{}
			a.flags(f)
			file := f.String("o", "", "write to `FILE`, which must not be there, not to standard output")
			return func(e env, args []string) error {
				match, err := oneSelector(args)
				if err != nil {
					return err
				}
				return a.dump(e, match, *file)
			}
		},
	}
}

func (a *archives) dump(e env, match, file string) error {
	if file == "" {
		return a.dumpTo(e, e.stdout, match)
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(a.dumpTo(e, f, match), f.Close()); err != nil {
		return errors.Join(err, os.Remove(file))
	}
	return nil
}

func (a *archives) dumpTo(e env, out io.Writer, match string) error {
	result, err := a.do(e, dumpWork, url.Values{"match": {match}}, func(line json.RawMessage) error {
		var piece struct{ Data []byte }
		if err := json.Unmarshal(line, &piece); err != nil {
			return fmt.Errorf("answer is no piece of a file: %w", err)
		}
		_, err := out.Write(piece.Data)
		return err
	})
	if err != nil {
		return err
	}
	var sum struct{ Series int }
	if err := json.Unmarshal(result, &sum); err != nil {
		return fmt.Errorf("answer is no sum: %w", err)
	}
	fmt.Fprintf(e.stderr, "%d series written\n", sum.Series)
	return nil
}

func undumpCommand() command {
	return command{
		name: "archive import", args: "[flags] FILE", about: "bring in what archive export wrote, all or nothing if it is damaged",
		examples: []string{
			"plimsoll archive import web3.tar.zst",
			"plimsoll archive import -replace web3.tar.zst    # in the place of series that are there",
		},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			a := &archives{}
			a.flags(f)
			replace := f.Bool("replace", false, "remove series that are there already, with their files, and put those of FILE in their place")
			return func(e env, args []string) error {
				if len(args) != 1 {
					return fmt.Errorf("%w: one file wanted, %d given", errUsage, len(args))
				}
				return a.undump(e, args[0], *replace)
			}
		},
	}
}

func (a *archives) undump(e env, file string, replace bool) error {
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	ask := url.Values{}
	if replace {
		ask.Set("replace", "true")
	}
	result, err := a.doWith(e, undumpWork, ask, in, func(json.RawMessage) error { return nil })
	if err != nil {
		return err
	}
	var sum struct{ Series int }
	if err := json.Unmarshal(result, &sum); err != nil {
		return fmt.Errorf("answer is no sum: %w", err)
	}
	fmt.Fprintf(e.stdout, "%d series brought in\n", sum.Series)
	return nil
}
